-- Groups are kept by administrators, searches go by them; parts of addresses
-- are found quickly on the day that is not over, too; who released mail is
-- summed up by the day.
set search_path = pm, public;

grant insert, update, delete on mail_group, mail_group_member to pm_admin;

-- --- parts of addresses -------------------------------------------------------
-- Days that are over have theirs, which become parts of these. A fifth of what
-- the recorder takes in; without them a search reads a whole day.
create index message_sender_part on message using gin (sender gin_trgm_ops);
create index message_rcpt_part on message_rcpt using gin (rcpt gin_trgm_ops);

create or replace function partition_index(today date) returns bool
language plpgsql set lock_timeout = '5s' as $$
declare
	child text;
begin
	select c.relname into child
	from pg_class c
	join pg_namespace s on s.oid = c.relnamespace
	where s.nspname = 'pm' and c.relkind = 'r' and
		c.relname ~ '^message_[0-9]{8}$' and
		right(c.relname, 8) < to_char(today, 'YYYYMMDD') and
		to_regclass('pm.' || quote_ident(c.relname ||
		'_subject_part')) is null
	order by c.relname desc
	limit 1;
	if child is null then
		return false;
	end if;
	execute format('create index %I on pm.%I using gin '
		'(subject gin_trgm_ops)', child || '_subject_part', child);
	return true;
end $$;
comment on function partition_index is
	'Gives one day that is over an index for parts of its subjects; false:
	all have theirs.';

-- --- who released -------------------------------------------------------------
create index message_event_released on message_event (at)
	where what = 'released';

-- As in 0010, and the last branch.
create or replace function tally_between(low uuid, high uuid, only_kind text)
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
		union all
		select coalesce(m.appliance, ''), 'releaser', e.who,
			coalesce(m.size, 0)
		from message_event e
		left join message m on m.id = e.id
		where e.what = 'released' and e.at >= id_time(low)
			and e.at < id_time(high)
			and only_kind in ('', 'releaser')
	) v
	where v.name <> ''
	group by v.appliance, v.kind, v.name
$$;
comment on function tally_between is
	'Relays, senders and recipients of the messages from one id to before
	another, and who released mail in that time, counted from the message
	log. A kind, or '''' for all.';

create or replace function tally_put(d date, till uuid) returns void
language plpgsql as $$
begin
	delete from tally
	where day = d and kind in ('relay', 'sender', 'domain', 'rcpt',
		'spam relay', 'virus relay', 'releaser');
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

comment on column tally.kind is
	'As messages come: hit, virus, rule, mark (KEY, KEY=VALUE), file (its
	extension; bytes are the files''), took (up to so many ms). When a day
	is over, and now and then before, the first 500 each: relay, spam
	relay, virus relay, sender, domain (of the sender), rcpt, releaser (who
	released mail on that day).';

-- Of the days that were summed up without them.
insert into tally (day, appliance, kind, name, n, bytes)
select t.day, x.appliance, x.kind, x.name, x.n, x.bytes
from tally_day t
cross join lateral tally_between(id_floor(t.day::timestamp
	at time zone 'UTC'), id_floor((t.day + 1)::timestamp
	at time zone 'UTC'), 'releaser') x
on conflict (day, kind, appliance, name) do update
set n = excluded.n, bytes = excluded.bytes;
delete from tally_open;
