-- What reports count by the day beside the counters.
set search_path = pm, public;

create table tally (
	day date not null,
	appliance text not null,
	kind text not null,
	name text not null,
	n int8 not null,
	bytes int8 not null,
	primary key (day, kind, appliance, name)
);
comment on table tally is
	'How often something was seen on a UTC day; kept two years.';
comment on column tally.kind is
	'As messages come: hit, virus, rule, mark (KEY, KEY=VALUE), file (its
	extension; bytes are the files''), took (up to so many ms). When a day
	is over, the first 500 each: relay, spam relay, virus relay, sender,
	domain (of the sender), rcpt.';

create table tally_day (day date primary key);
comment on table tally_day is
	'Days that are over and have their relays, senders and recipients.';

grant select, insert, update on tally to pm_recorder;
grant select on tally, tally_day to pm_csm, pm_admin;

create function tally_close(today date) returns bool
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
	insert into tally
	select d, x.appliance, x.kind, x.name, x.n, x.bytes
	from tally_of(d, d, '') x
	where x.place <= 500
	on conflict (day, kind, appliance, name) do update
	set n = excluded.n, bytes = excluded.bytes;
	return true;
end $$;
comment on function tally_close is
	'Sums up the oldest day that is over; false: all are.';

create function tally_of(from_day date, to_day date, only_kind text)
returns table (appliance text, kind text, name text, n int8, bytes int8,
	place int8)
language sql stable as $$
	with m as (
		select m.id, m.appliance, host(m.relay) as relay, m.sender, m.size
		from message m
		where m.id >= id_floor(from_day::timestamp at time zone 'UTC')
			and m.id < id_floor((to_day + 1)::timestamp
				at time zone 'UTC')
	), r as (
		select r.id, r.rcpt, r.reason, m.appliance, m.relay, m.size
		from message_rcpt r
		join m on m.id = r.id
		where r.id >= id_floor(from_day::timestamp at time zone 'UTC')
			and r.id < id_floor((to_day + 1)::timestamp
				at time zone 'UTC')
			and only_kind in ('', 'rcpt', 'spam relay', 'virus relay')
	), v as (
		select m.appliance, k.kind, k.name, m.size
		from m, lateral (values ('relay', m.relay), ('sender', m.sender),
			('domain', split_part(m.sender, '@', 2))) k(kind, name)
		where only_kind in ('', k.kind)
		union all
		select r.appliance, k.kind, k.name, r.size
		from r, lateral (values ('rcpt', r.rcpt), (case r.reason
			when 'Spam' then 'spam relay' when 'Virus' then
			'virus relay' end, r.relay)) k(kind, name)
		where only_kind in ('', k.kind)
	)
	select appliance, kind, name, count(*), sum(size)::int8,
		row_number() over (partition by appliance, kind
			order by count(*) desc, name)
	from v
	where kind is not null and name is not null and name <> ''
	group by appliance, kind, name
$$;
comment on function tally_of is
	'Relays, senders and recipients of days, counted from the message log;
	place: in the order of appliance and kind. A kind, or '''' for all.';
grant execute on function tally_of to pm_csm, pm_admin;
