-- What the pages read by themselves. Texts that may be absent are '', numbers
-- 0, so that each statement has one plan.
-- login: pm_csm

-- name: page_outcomes
-- Recipients by outcome: of the last 24 hours, and of the 24 before.
select c.name, sum(c.today)::int8 as today, sum(c.before)::int8 as before
from (
	select name, n as today, 0::int8 as before
	from counter_5min
	where at > now() - interval '24 hours' and strpos(name, '/') = 0
	union all
	select name, 0, n
	from counter_hour
	where at > now() - interval '48 hours'
		and at <= now() - interval '24 hours' and strpos(name, '/') = 0
) c
group by c.name;

-- name: page_breaks
-- Messages whose good DKIM signature a rule broke, by "POLICY/RULE": of the
-- last 24 hours, and of the 24 before.
select substr(c.name, 13) as rule, sum(c.today)::int8 as today,
	sum(c.before)::int8 as before
from (
	select name, n as today, 0::int8 as before
	from counter_5min
	where at > now() - interval '24 hours' and name like 'breaks-dkim/%'
	union all
	select name, 0, n
	from counter_hour
	where at > now() - interval '48 hours'
		and at <= now() - interval '24 hours'
		and name like 'breaks-dkim/%'
) c
group by c.name
order by today desc, rule
limit 20;

-- name: page_hours
-- Recipients by hour and outcome, the last 24 hours.
select date_trunc('hour', at, 'UTC') as hour, name, sum(n)::int8 as n
from counter_5min
where at >= date_trunc('hour', now(), 'UTC') - interval '23 hours'
	and strpos(name, '/') = 0
group by 1, 2
order by 1;

-- name: page_alarms
-- What is wrong now on other appliances, the oldest first. $1 this one text
select name, appliance, since, text, means, remedy
from alarm
where cleared is null and appliance not in ('', $1)
order by since;

-- name: page_jobs
-- What people ordered and no injector has taken yet.
select count(*) as waiting, min(made) as oldest,
	count(*) filter (where state = 'failed') as failed
from job
where state in ('waiting', 'leased', 'failed');

-- name: page_mail
-- The message log, the newest first. $1 not before, ms int8, $2 before, ms
-- int8 (0: any), $3 before this id text, $4 outcome text, $5 part of the
-- subject text, $6 part of the sender or of a recipient text (each empty: any),
-- $7 rows int8, $8 one of these text[] or like one of $9 text[] is the sender
-- or a recipient (null: anybody; $6 is empty)
-- plan: Function Scan on mail_newest
select m.id, m.received as at_ms, left(m.sender, 320)
	as sender, left(m.header_from, 200)
	as header_from, left(m.subject, 300) as subject, m.outcome, m.size,
	m.probability::int8 as probability, r.rcpts, r.nrcpts, r.reason
from mail_newest(id_floor(to_timestamp($1::int8 / 1000.0)),
	least(case when $2::int8 > 0 then
		id_floor(to_timestamp($2::int8 / 1000.0)) else
		'ffffffff-ffff-ffff-ffff-ffffffffffff' end,
		nullif($3::text, '')::uuid), $7::int8, $4::text,
	case when $5::text <> '' then like_part($5::text) end,
	case when $6::text <> '' then '{}' else $8::text[] end,
	case when $6::text <> '' then array[like_part(lower($6::text))]
		else $9::text[] end) u(id)
join message m on m.id = u.id
left join lateral (
	select array_agg(left(x.rcpt, 320) order by x.n) filter (where x.n < 2)
		as rcpts, count(*) as nrcpts, max(x.reason) as reason
	from message_rcpt x
	where x.id = m.id
) r on true
order by m.id desc
limit $7::int8;

-- name: page_mail_of
-- The same of one address, as sender or as recipient: $6.
-- plan: Index Only Scan Backward using message_rcpt_22000102_rcpt_id_idx
select m.id, m.received as at_ms, left(m.sender, 320)
	as sender, left(m.header_from, 200)
	as header_from, left(m.subject, 300) as subject, m.outcome, m.size,
	m.probability::int8 as probability, r.rcpts, r.nrcpts, r.reason
from (
	(select s.id from message s
	where s.sender = lower($6::text)
		and s.id >= id_floor(to_timestamp($1::int8 / 1000.0))
		and s.id < case when $2::int8 > 0 then
			id_floor(to_timestamp($2::int8 / 1000.0)) else
			'ffffffff-ffff-ffff-ffff-ffffffffffff' end
		and ($3::text = '' or s.id < nullif($3::text, '')::uuid)
		and ($4::text = '' or s.outcome = $4::text)
		and ($5::text = ''
			or s.subject ilike like_part($5::text))
	order by s.id desc
	limit $7::int8)
	union
	(select x.id from message_rcpt x
	join message s on s.id = x.id
	where x.rcpt = lower($6::text)
		and x.id >= id_floor(to_timestamp($1::int8 / 1000.0))
		and x.id < case when $2::int8 > 0 then
			id_floor(to_timestamp($2::int8 / 1000.0)) else
			'ffffffff-ffff-ffff-ffff-ffffffffffff' end
		and ($3::text = '' or x.id < nullif($3::text, '')::uuid)
		and ($4::text = '' or s.outcome = $4::text)
		and ($5::text = ''
			or s.subject ilike like_part($5::text))
	order by x.id desc
	limit $7::int8)
) u
join message m on m.id = u.id
left join lateral (
	select array_agg(left(x.rcpt, 320) order by x.n) filter (where x.n < 2)
		as rcpts, count(*) as nrcpts, max(x.reason) as reason
	from message_rcpt x
	where x.id = m.id
) r on true
order by m.id desc
limit $7::int8;

-- name: page_find
-- Messages by any of their other names: Message-ID (without <>) or the MTA's
-- queue id. $1 text, $2 rows int8
select id
from message
where message_id = $1::text or queue_id = $1::text
order by id desc
limit $2::int8;
