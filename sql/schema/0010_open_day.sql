-- Reports of busy sites: the relays, senders and recipients of a day that is
-- not over are summed up now and then, and only what came since is counted.
set search_path = pm, public;

create table tally_open (
	day date primary key,
	upto uuid not null
);
comment on table tally_open is
	'Days that are not over and have a part of their relays, senders and
	recipients in tally.';
comment on column tally_open.upto is
	'Messages before this id are in tally; those that came late with an
	older one are once the day is over.';
grant select on tally_open to pm_csm, pm_admin;

-- One branch a kind: those that are not asked for are not read.
create function tally_between(low uuid, high uuid, only_kind text)
returns table (appliance text, kind text, name text, n int8, bytes int8)
language sql stable as $$
	select v.appliance, v.kind, v.name, count(*), sum(v.size)::int8
	from (
		select m.appliance, 'relay' as kind, host(m.relay) as name,
			m.size
		from message m
		where m.id >= low and m.id < high and m.relay is not null
			and only_kind in ('', 'relay')
		union all
		select m.appliance, 'sender', m.sender, m.size
		from message m
		where m.id >= low and m.id < high
			and only_kind in ('', 'sender')
		union all
		select m.appliance, 'domain', split_part(m.sender, '@', 2),
			m.size
		from message m
		where m.id >= low and m.id < high
			and only_kind in ('', 'domain')
		union all
		select m.appliance, 'rcpt', r.rcpt, m.size
		from message_rcpt r
		join message m on m.id = r.id
		where r.id >= low and r.id < high and m.id >= low
			and m.id < high and only_kind in ('', 'rcpt')
		union all
		select m.appliance, 'spam relay', host(m.relay), m.size
		from message_rcpt r
		join message m on m.id = r.id
		where r.id >= low and r.id < high and m.id >= low
			and m.id < high and r.reason = 'Spam'
			and m.relay is not null
			and only_kind in ('', 'spam relay')
		union all
		select m.appliance, 'virus relay', host(m.relay), m.size
		from message_rcpt r
		join message m on m.id = r.id
		where r.id >= low and r.id < high and m.id >= low
			and m.id < high and r.reason = 'Virus'
			and m.relay is not null
			and only_kind in ('', 'virus relay')
	) v
	where v.name <> ''
	group by v.appliance, v.kind, v.name
$$;
comment on function tally_between is
	'Relays, senders and recipients of the messages from one id to before
	another, counted from the message log. A kind, or '''' for all.';
grant execute on function tally_between to pm_csm, pm_admin;

-- Sums up what a day has before an id, in place of what it had. In the order
-- in which reports read it.
create function tally_put(d date, till uuid) returns void
language plpgsql as $$
begin
	delete from tally
	where day = d and kind in ('relay', 'sender', 'domain', 'rcpt',
		'spam relay', 'virus relay');
	insert into tally (day, appliance, kind, name, n, bytes)
	select d, x.appliance, x.kind, x.name, x.n, x.bytes
	from (
		select b.*, row_number() over (partition by b.appliance, b.kind
			order by b.n desc, b.name) as place
		from tally_between(id_floor(d::timestamp at time zone 'UTC'),
			till, '') b
	) x
	where x.place <= 500
	order by x.kind, x.appliance, x.name;
end $$;
comment on function tally_put is
	'Sums up the first 500 relays, senders and recipients of each appliance
	on a day.';

create or replace function tally_close(today date) returns bool
language plpgsql as $$
declare
	d date;
begin
	select g::date into d
	from generate_series(greatest(today - 93, partition_oldest()),
		today - 1, interval '1 day') g
	where not exists (select from tally_day t where t.day = g::date)
	order by g
	limit 1;
	if d is null then
		return false;
	end if;
	insert into tally_day values (d);
	delete from tally_open where day = d;
	perform tally_put(d, id_floor((d + 1)::timestamp at time zone 'UTC'));
	return true;
end $$;

-- What is on its way from a filter is left for the next time.
create function tally_so_far(now_at timestamptz) returns bool
language plpgsql as $$
declare
	till timestamptz := now_at - interval '2 minutes';
	d date := (till at time zone 'UTC')::date;
begin
	if exists (select from tally_day t where t.day = d) or exists (
	    select from tally_open o where o.day = d
	    and o.upto > id_floor(till - interval '15 minutes')) then
		return false;
	end if;
	insert into tally_open as o (day, upto) values (d, id_floor(till))
	on conflict (day) do update set upto = excluded.upto;
	perform tally_put(d, id_floor(till));
	return true;
end $$;
comment on function tally_so_far is
	'Sums up the day that is not over, every fifteen minutes; false: it was
	done not long ago.';

drop function tally_of;
