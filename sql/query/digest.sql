-- Digests: what is new for whom, and the order that sends each once.
-- login: pm_admin

-- name: digest_slot
-- The newest time that a rule names and that has come; no row: none in a
-- week. A time that a change of clocks leaves out comes an hour later, one
-- that it repeats comes once. $1 "HH:MM" text[], $2 days of the week (1 is
-- Monday) int8[], $3 zone text, $4 now int8 (ms)
select max(t.at) as slot
from (select to_timestamp($4::int8 / 1000.0) as now) n
cross join generate_series(-8, 1) d
cross join unnest($1::text[]) as h(hour)
cross join lateral (
	select (n.now at time zone $3::text)::date + d as day) y
cross join lateral (
	select (y.day + h.hour::time) at time zone $3::text as at) t
where t.at <= n.now and extract(isodow from y.day)::int8 = any ($2::int8[])
having max(t.at) is not null;

-- name: digest_unfinished
-- The oldest run of a rule that was cut off. $1 rule text
select slot
from digest_run
where rule = $1::text and done is null
order by slot
limit 1;

-- name: digest_known
-- Was this time, or a later one, begun? $1 rule text, $2 slot int8 (ms)
select 1::int8 as one
from digest_run
where rule = $1::text and slot >= to_timestamp($2::int8 / 1000.0)
limit 1;

-- name: digest_freeze
-- Inside a transaction: waits for those who are writing, and makes others
-- wait, so that what comes later is recorded later.
lock table quarantine_rcpt in share mode;

-- name: digest_begin
-- Begins a run where the rule's last one ended, or at another instant. $1
-- name text, $2 slot int8 (ms), $3 days that the first one goes back int8, $4
-- rule text, $5 instant int8 (ms) or null
insert into digest_run (rule, slot, since, upto)
select $1::text, to_timestamp($2::int8 / 1000.0), coalesce(
	to_timestamp($5::int8 / 1000.0), (
	select max(upto) from digest_run where rule = $4::text),
	now() - $3::int8 * interval '1 day'), clock_timestamp()
on conflict (rule, slot) do update set rule = excluded.rule;

-- name: digest_due
-- For which addresses something is new, and whose they are: an alias is its
-- owner's, several mailboxes are one person's. $1 name of the run text, $2
-- slot int8 (ms), $3 reasons text[], $4 rule text
with fresh as (
	select r.rcpt, count(*) as n
	from quarantine_rcpt r
	where r.recorded > (select since from digest_run where rule = $1::text
			and slot = to_timestamp($2::int8 / 1000.0))
		and r.recorded <= (select upto from digest_run
			where rule = $1::text
			and slot = to_timestamp($2::int8 / 1000.0))
		and r.state = 'held' and r.reason = any ($3::text[])
	group by r.rcpt
), owned as (
	select f.rcpt, f.n, coalesce(a.owner, f.rcpt) as owner
	from fresh f
	left join (
		select key, min(owner) as owner
		from user_data
		where kind = 'alias' and not gone
		group by key) a on a.key = f.rcpt
), known as (
	select o.rcpt, o.n, case when m.person like '%@%' then m.person
		else coalesce(p.address, o.owner) end as person
	from owned o
	left join mailbox m on m.address = o.owner
	left join (
		select person, min(address) as address
		from mailbox
		group by person) p on p.person = m.person
)
select k.rcpt, k.n::int8 as n, k.person,
	coalesce(nullif(l.value, ''), h.language, '') as language,
	exists (select from user_data x where x.owner = k.person
		and x.kind = 'option' and not x.gone and x.key in (
		'digest-opt-outs', 'digest-opt-outs/' || $4::text))
		as opted_out
from known k
left join mailbox h on h.address = k.person
left join user_data l on l.owner = k.person and l.kind = 'option'
	and l.key = 'language' and not l.gone
order by k.person, k.rcpt;

-- name: digest_have
-- Who has the digest of this run already. $1 rule text, $2 slot int8 (ms)
select s.person
from digest_sent s
where s.rule = $1::text and s.upto >= (select upto from digest_run
	where rule = $1::text and slot = to_timestamp($2::int8 / 1000.0))
order by s.person;

-- name: digest_items
-- What is new for some addresses, the newest of each. $1 rule text, $2 slot
-- int8 (ms), $3 reasons text[], $4 addresses text[], $5 most of each int8, $6
-- zone text
-- plan: quarantine_rcpt
with run as (
	select since, upto
	from digest_run
	where rule = $1::text and slot = to_timestamp($2::int8 / 1000.0)
)
select a.i - 1 as place, x.id, x.n::int8 as n,
	to_char(q.received at time zone $6::text, 'YYYY-MM-DD HH24:MI') as at,
	case q.header_from when '' then q.sender else q.header_from end
		as sender, q.subject, x.reason, q.size
from unnest($4::text[]) with ordinality as a(rcpt, i)
cross join lateral (
	select r.class, r.id, r.n, r.reason
	from quarantine_rcpt r
	where r.rcpt = a.rcpt and r.state = 'held'
		and r.reason = any ($3::text[])
		and r.recorded > (select since from run)
		and r.recorded <= (select upto from run)
	order by r.id desc
	limit $5::int8) x
join quarantine q on q.class = x.class and q.id = x.id
order by a.i, x.id desc;

-- name: digest_order
-- Sends digests, to those who do not have this run's. $1 rule text, $2 slot
-- int8 (ms), $3 keys text[], $4 people text[], $5 their addresses bytea[],
-- $6 the sealed mail bytea[]
with asked as (
	select k::uuid as key, person, address, sealed
	from unnest($3::text[], $4::text[], $5::bytea[], $6::bytea[])
		as g(k, person, address, sealed)
), moved as (
	insert into digest_sent as s (rule, person, upto, key)
	select $1::text, person, (select upto from digest_run
		where rule = $1::text
		and slot = to_timestamp($2::int8 / 1000.0)), key
	from asked
	order by person
	on conflict (rule, person) do update
	set upto = excluded.upto, key = excluded.key
	where s.upto < excluded.upto
	returning key
), mail as (
	insert into digest_mail (key, sealed)
	select key, sealed
	from asked join moved using (key)
	on conflict (key) do update set sealed = excluded.sealed
)
insert into job (key, kind, message, rcpts, made_by)
select key, 'digest', key, array[address], 'digest ' || $1::text
from asked join moved using (key)
on conflict (key) do update set made_by = excluded.made_by
returning key;

-- name: digest_finish
-- All of a run is ordered. $1 rule text, $2 slot int8 (ms)
update digest_run
set done = coalesce(done, now())
where rule = $1::text and slot = to_timestamp($2::int8 / 1000.0);

-- name: digest_person
-- Whose an address is, and which are his. $1 address text
with owner as (
	select coalesce((select min(owner) from user_data where kind = 'alias'
		and key = $1::text and not gone), $1::text) as owner
), person as (
	select coalesce(case when m.person like '%@%' then m.person else (
		select min(address) from mailbox where person = m.person) end,
		o.owner) as person, m.person as mailboxes
	from owner o
	left join mailbox m on m.address = o.owner
)
select p.person, coalesce((
	select nullif(value, '') from user_data where owner = p.person
		and kind = 'option' and key = 'language' and not gone), (
	select language from mailbox where address = p.person), '')
		as language,
	exists (select from user_data where owner = p.person
		and kind = 'option' and key = 'digest-opt-outs' and not gone)
		as opted_out,
	array(select p.person union select $1::text
		union select address from mailbox
			where person = p.mailboxes
		union select key from user_data where kind = 'alias'
			and not gone and (owner = p.person or owner in (
			select address from mailbox
			where person = p.mailboxes))
		order by 1) as addresses
from person p;

-- name: digest_held
-- All that is held for some addresses, the newest of each. $1 reasons text[],
-- $2 addresses text[], $3 most of each int8, $4 zone text, $4 zone text
-- plan: quarantine_rcpt
select a.i - 1 as place, x.id, x.n::int8 as n,
	to_char(q.received at time zone $4::text, 'YYYY-MM-DD HH24:MI') as at,
	case q.header_from when '' then q.sender else q.header_from end
		as sender, q.subject, x.reason, q.size
from unnest($2::text[]) with ordinality as a(rcpt, i)
cross join lateral (
	select r.class, r.id, r.n, r.reason
	from quarantine_rcpt r
	where r.rcpt = a.rcpt and r.state = 'held'
		and r.reason = any ($1::text[])
	order by r.id desc
	limit $3::int8) x
join quarantine q on q.class = x.class and q.id = x.id
order by a.i, x.id desc;

-- name: own_mail_send
-- Sends one mail of ours, unless there is a job of that name; then it is not
-- fresh. $1 key text, $2 addresses bytea[], $3 the sealed mail bytea, $4 who
-- text
with job as (
	insert into job (key, kind, message, rcpts, made_by)
	values ($1::text::uuid, 'digest', $1::text::uuid, $2::bytea[],
		$4::text)
	on conflict (key) do update set made_by = excluded.made_by
	returning key, xmax = 0 as fresh
), mail as (
	insert into digest_mail (key, sealed)
	select key, $3::bytea from job where fresh
	on conflict (key) do update set sealed = excluded.sealed
)
select fresh from job;

-- name: digest_answers
-- Answers that wait, the oldest first. $1 to whom they come text, $2 their
-- reason text, $3 most int8
-- plan: quarantine_rcpt
select id
from quarantine_rcpt
where rcpt = lower($1::text) and reason = $2::text and state = 'held'
order by id
limit $3::int8;
