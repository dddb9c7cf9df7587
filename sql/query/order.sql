-- What people order of the quarantine and of their digests. It is carried out
-- in a transaction that begins with quarantine_lock: two at once follow each
-- other.
-- login: pm_csm pm_admin pm_link

-- name: quarantine_lock
-- Nobody else acts on an entry until the transaction ends. $1 id text
-- plan: quarantine
select class, sender
from quarantine
where id = $1::text::uuid
for update;

-- name: quarantine_repeated
-- Was this order carried out before? Writes again, so that the answer waits
-- for what a write waits for. $1 id text, $2 key text
-- plan: message_event
update message_event e
set who = e.who
where e.id = $1::text::uuid and e.key = $2::text::uuid
returning coalesce(
	(select cardinality(j.rcpts) from job j where j.key = e.key),
	(select count(*) from quarantine_rcpt r
	where r.id = e.id and r.changed = e.at))::int8 as n;

-- name: quarantine_rcpts
-- Whom a message is for. $1 class text, $2 id text
-- plan: quarantine_rcpt
select n, address, rcpt, state
from quarantine_rcpt
where class = $1::text and id = $2::text::uuid
order by n;

-- name: quarantine_mark
-- Gives recipients another state. $1 class text, $2 id text, $3 n int8[], $4
-- the state text, $5 who text
with marked as (
	update quarantine_rcpt
	set state = $4::text, changed = now(), changed_by = $5::text
	where class = $1::text and id = $2::text::uuid
		and n = any ($3::int8[]) and state <> $4::text
	returning n
)
update quarantine q
set open = (
	select count(*)
	from quarantine_rcpt r
	where r.class = $1::text and r.id = $2::text::uuid
		and case when r.n in (select n from marked)
			then $4::text else r.state end = 'held')
where q.class = $1::text and q.id = $2::text::uuid;

-- name: quarantine_job
-- What an injector shall send. $1 key text, $2 "release" or "forward" text,
-- $3 message text, $4 recipients bytea[], $5 who text, $6 seconds to wait
-- int8
insert into job (key, kind, message, rcpts, made_by, not_before)
values ($1::text::uuid, $2::text, $3::text::uuid, $4::bytea[], $5::text,
	now() + $6::int8 * interval '1 s')
on conflict (key) do update set made_by = excluded.made_by;

-- name: quarantine_approve
-- The sender's mail is always wanted. $1 recipients text[], $2 sender text,
-- $3 who text
insert into user_data as u (owner, kind, key, changed_by)
select distinct owner, 'approved', $2::text, $3::text
from unnest($1::text[]) as g(owner)
order by 1
on conflict (owner, kind, key) do update
set gone = false, version = nextval('user_data_version'), changed = now(),
	changed_by = excluded.changed_by;

-- name: quarantine_told
-- Notes an order in the message's timeline and in the audit. $1 id text, $2
-- key text, $3 who text, $4 what text, $5 detail text, $6 via text
with told as (
	insert into message_event (id, key, at, who, what, detail)
	values ($1::text::uuid, $2::text::uuid, now(), $3::text, $4::text,
		$5::text)
	on conflict (id, key) do update set who = excluded.who
)
insert into audit (who, via, what, detail)
values ($3::text, $6::text, 'quarantine ' || $4::text,
	$1::text || case when $5::text = '' then '' else ' ' end || $5::text);

-- name: quarantine_ended
-- Why there is nothing to do: when somebody did it, the last time. $1 id text,
-- $2 what text
-- plan: message_event
select at, who
from message_event
where id = $1::text::uuid and what = $2::text
order by at desc
limit 1;

-- name: link_use
-- Notes that a ticket is used; fresh: it was not before. $1 its name text, $2
-- who text, $3 what text
-- login: pm_link pm_admin
insert into link_use as u (key, who, what)
values ($1::text::uuid, $2::text, $3::text)
on conflict (key) do update set tries = u.tries + 1
returning tries = 0 as fresh;

-- name: link_look
-- What a ticket speaks of, and what became of it; no row: it is no longer
-- kept. $1 message text, $2 place of the recipient int8
-- login: pm_link pm_admin
-- plan: quarantine_rcpt
select case q.header_from when '' then q.sender else q.header_from end
		as sender, q.subject, r.reason, q.received, r.address, r.state,
	r.changed, q.sender as allow, coalesce(u.release, 'user') as rule
from quarantine_rcpt r
join quarantine q on q.class = r.class and q.id = r.id
left join quarantine_rule u on u.reason = r.reason
where r.id = $1::text::uuid and r.n = $2::int8;

-- name: link_used
-- Was it used? $1 its name text
-- login: pm_link pm_admin
select at, what
from link_use
where key = $1::text::uuid;

-- name: digest_opt
-- Takes digests or not. $1 person text, $2 rule (empty: of all rules) text,
-- $3 does he take them bool, $4 who text, $5 via text
-- login: pm_admin pm_link
with told as (
	insert into audit (who, via, what, detail)
	values ($4::text, $5::text, case when $3::bool then 'digest opt-in'
		else 'digest opt-out' end, rtrim($1::text || ' ' || $2::text))
)
insert into user_data as u (owner, kind, key, gone, changed_by)
select $1::text, 'option', k, $3::bool, $4::text
from (select 'digest-opt-outs' || case $2::text when '' then ''
	else '/' || $2::text end as k) k
on conflict (owner, kind, key) do update
set gone = excluded.gone, version = nextval('user_data_version'),
	changed = now(), changed_by = excluded.changed_by;
