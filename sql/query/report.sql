-- What reports are made of (applets/lib/store/report.h): rows of a name, a
-- number and bytes, of UTC days.
-- login: pm_csm pm_admin

-- name: report_counters
-- $1 first day text, $2 last day text, $3 appliance text ('': all), $4 rows
-- int8. Recipients by outcome; $5 'reason': by outcome and reason.
select c.name, sum(c.n)::int8 as n, sum(c.bytes)::int8 as bytes
from (
	select at, appliance, name, n, bytes from counter_day
	union all
	select at, appliance, name, n - rolled_n, bytes - rolled_bytes
	from counter_hour where n <> rolled_n or bytes <> rolled_bytes
	union all
	select at, appliance, name, n - rolled_n, bytes - rolled_bytes
	from counter_5min where n <> rolled_n or bytes <> rolled_bytes
) c
where c.at >= $1::text::date::timestamp at time zone 'UTC'
	and c.at < ($2::text::date + 1)::timestamp at time zone 'UTC'
	and ($3::text = '' or c.appliance = $3::text)
	and (strpos(c.name, '/') > 0) = ($5::text = 'reason')
	and c.name not like 'breaks-dkim/%'
group by c.name
order by n desc, c.name
limit $4::int8;

-- name: report_days
-- $1 first day text, $2 last day text, $3 appliance text ('': all), $4 rows
-- int8. Recipients by day; $5 '' or one outcome.
select to_char(c.at at time zone 'UTC', 'YYYY-MM-DD') as name,
	sum(c.n)::int8 as n, sum(c.bytes)::int8 as bytes
from (
	select at, appliance, name, n, bytes from counter_day
	union all
	select at, appliance, name, n - rolled_n, bytes - rolled_bytes
	from counter_hour where n <> rolled_n or bytes <> rolled_bytes
	union all
	select at, appliance, name, n - rolled_n, bytes - rolled_bytes
	from counter_5min where n <> rolled_n or bytes <> rolled_bytes
) c
where c.at >= $1::text::date::timestamp at time zone 'UTC'
	and c.at < ($2::text::date + 1)::timestamp at time zone 'UTC'
	and ($3::text = '' or c.appliance = $3::text)
	and strpos(c.name, '/') = 0
	and ($5::text = '' or c.name = $5::text)
group by 1
order by 1
limit $4::int8;

-- name: report_hosts
-- $1 first day text, $2 last day text, $3 appliance text ('': all), $4 rows
-- int8. Recipients by the appliance that judged. $5 ''
select c.appliance as name, sum(c.n)::int8 as n, sum(c.bytes)::int8 as bytes
from (
	select at, appliance, name, n, bytes from counter_day
	union all
	select at, appliance, name, n - rolled_n, bytes - rolled_bytes
	from counter_hour where n <> rolled_n or bytes <> rolled_bytes
	union all
	select at, appliance, name, n - rolled_n, bytes - rolled_bytes
	from counter_5min where n <> rolled_n or bytes <> rolled_bytes
) c
where c.at >= $1::text::date::timestamp at time zone 'UTC'
	and c.at < ($2::text::date + 1)::timestamp at time zone 'UTC'
	and ($3::text = '' or c.appliance = $3::text)
	and strpos(c.name, '/') = 0 and $5::text = ''
group by c.appliance
order by n desc, c.appliance
limit $4::int8;

-- name: report_tally
-- $1 first day text, $2 last day text, $3 appliance text ('': all), $4 rows
-- int8. What was counted as messages came: kind $5.
select t.name, sum(t.n)::int8 as n, sum(t.bytes)::int8 as bytes
from tally t
where t.day between $1::text::date and $2::text::date
	and t.kind = $5::text
	and ($3::text = '' or t.appliance = $3::text)
group by t.name
order by n desc, t.name
limit $4::int8;

-- name: report_tops
-- $1 first day text, $2 last day text, $3 appliance text ('': all), $4 rows
-- int8. Relays, senders, recipients, who released: kind $5. Of days that are
-- over the first 500; of a day that is not, the first 500 up to a moment, and
-- from there on the message log.
with open as (
	select g::date as day, coalesce(o.upto, id_floor(g::date::timestamp
		at time zone 'UTC')) as low
	from generate_series($1::text::date, least($2::text::date,
		(now() at time zone 'UTC')::date), interval '1 day') g
	left join tally_open o on o.day = g::date
	where not exists (select from tally_day t where t.day = g::date)
), mixed as (
	select t.name, t.n, t.bytes
	from tally t
	where t.day between $1::text::date and $2::text::date
		and t.kind = $5::text
		and ($3::text = '' or t.appliance = $3::text)
	union all
	select x.name, x.n, x.bytes
	from open, lateral tally_between(open.low, id_floor(
		(open.day + 1)::timestamp at time zone 'UTC'), $5::text) x
	where $3::text = '' or x.appliance = $3::text
)
select name, sum(n)::int8 as n, sum(bytes)::int8 as bytes
from mixed
group by name
order by n desc, name
limit $4::int8;

-- name: report_group
-- The same of the recipients who are one of $7 text[] or like one of $8
-- text[], counted from the message log: $5 outcome, reason, day, appliance,
-- spam relay, virus relay, rcpt; by messages relay, sender, domain (of the
-- sender); $6 '' or one outcome.
select v.name, sum(v.n)::int8 as n, coalesce(sum(v.n * v.size), 0)::int8
	as bytes
from (
	select m.id, m.size, case when $5::text in ('relay', 'sender',
			'domain') then 1 else count(*) end as n,
		case $5::text
		when 'outcome' then x.outcome
		when 'reason' then x.outcome || '/' || x.reason
		when 'day' then to_char(m.received at time zone 'UTC',
			'YYYY-MM-DD')
		when 'appliance' then m.appliance
		when 'sender' then m.sender
		when 'domain' then split_part(m.sender, '@', 2)
		when 'rcpt' then x.rcpt
		else host(m.relay) end as name
	from message_rcpt x
	join message m on m.id = x.id
	where x.id >= id_floor($1::text::date::timestamp
			at time zone 'UTC')
		and x.id < id_floor(($2::text::date + 1)::timestamp
			at time zone 'UTC')
		and m.id >= id_floor($1::text::date::timestamp
			at time zone 'UTC')
		and m.id < id_floor(($2::text::date + 1)::timestamp
			at time zone 'UTC')
		and ($3::text = '' or m.appliance = $3::text)
		and ($6::text = '' or x.outcome = $6::text)
		and ($5::text <> 'reason' or x.reason <> '')
		and ($5::text <> 'spam relay' or x.reason = 'Spam')
		and ($5::text <> 'virus relay' or x.reason = 'Virus')
		and (x.rcpt = any ($7::text[])
			or x.rcpt like any ($8::text[]))
	group by m.id, m.size, 4
) v
where v.name <> ''
group by v.name
order by case when $5::text = 'day' then v.name end, n desc, v.name
limit $4::int8;

-- name: report_use
-- $1 first day text, $2 last day text, $3 appliance text ('': all), $4 rows
-- int8. The highest use of memory or disk, $5, in percent of what there is.
select u.appliance as name, max(u.used * 100 / u.size)::int8 as n,
	max(u.used)::int8 as bytes
from host_use u
where u.day between $1::text::date and $2::text::date
	and u.kind = $5::text
	and ($3::text = '' or u.appliance = $3::text)
group by u.appliance
order by n desc, u.appliance
limit $4::int8;

-- name: report_held
-- $1 first day text, $2 last day text, $3 appliance text ('': all), $4 rows
-- int8. What is withheld now, of mail of that time, by reason. $5 ''. Of
-- more than 20,000 messages about that many are looked at, each time the
-- same: an estimate.
with part as (
	select sum(greatest(c.reltuples, 0)) as total
	from pg_class c
	join pg_namespace s on s.oid = c.relnamespace
	where s.nspname = 'pm' and c.relname ~
		'^quarantine_(?!rcpt_|body_)[a-z0-9]+_[0-9]{8}$'
		and to_date(right(c.relname, 8), 'YYYYMMDD') between
			$1::text::date and $2::text::date
)
select x.reason as name, (x.n * x.each)::int8 as n,
	(x.bytes * x.each)::int8 as bytes, x.estimated
from (
	select q.reason, count(*) filter (where q.mine) as n,
		sum(q.size) filter (where q.mine) as bytes,
		case when p.total > 20000 then p.total /
			sum(count(*)) over () else 1 end as each,
		coalesce(p.total > 20000, false) as estimated
	from (
		select reason, size, open > 0 and
			($3::text = '' or appliance = $3::text) as mine
		from quarantine tablesample system ((select least(100,
			2000000 / greatest(1, coalesce(total, 0))) from part))
			repeatable (0)
		where id >= id_floor($1::text::date::timestamp
			at time zone 'UTC') and id < id_floor(($2::text::date
			+ 1)::timestamp at time zone 'UTC')
			and $5::text = ''
	) q
	cross join part p
	group by q.reason, p.total
) x
where x.n > 0
order by n desc, name
limit $4::int8;
