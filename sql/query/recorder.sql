-- What the archiver writes. Every write may be repeated: a row that is there
-- is written again in a column that changes nothing (postgres.md, rule 2).
-- login: pm_recorder

-- name: archive_known
-- Which of these messages have a row. $1 ids text[], $2 the least of them
-- text, $3 the greatest text: partitions between them only
-- plan: Index Only Scan using message_
select id::text as id
from message
where id = any ($1::text[]::uuid[])
	and id between $2::text::uuid and $3::text::uuid;

-- name: archive_messages
-- One row a message. $1 id text[], $2 appliance text[], $3 received int[] in
-- ms since 1970, $4 relay text[] (null: not an address), $5 relay_name
-- text[], $6 helo text[], $7 sender text[], $8 queue_id text[], $9 subject
-- text[], $10 header_from text[], $11 message_id text[], $12 size int[], $13
-- score int[], $14 probability int[], $15 outcome text[], $16 took_ms int[],
-- $17 record bytes[]
insert into message (id, appliance, received, relay, relay_name, helo, sender,
	queue_id, subject, header_from, message_id, size, score, probability,
	outcome, took_ms, record)
select id::uuid, appliance, to_timestamp(received / 1000.0), relay::inet,
	relay_name, helo, sender, queue_id, subject, header_from, message_id,
	size, score, probability, outcome, took_ms, record
from unnest($1::text[], $2::text[], $3::int8[], $4::text[], $5::text[],
	$6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
	$11::text[], $12::int8[], $13::int8[], $14::int8[], $15::text[],
	$16::int8[], $17::bytea[])
	as g(id, appliance, received, relay, relay_name, helo, sender,
	queue_id, subject, header_from, message_id, size, score, probability,
	outcome, took_ms, record)
on conflict (id) do update set appliance = excluded.appliance;

-- name: archive_rcpts
-- One row a recipient. $1 id text[], $2 n int[], $3 rcpt text[], $4 outcome
-- text[], $5 reason text[]
insert into message_rcpt (id, n, rcpt, outcome, reason)
select id::uuid, n, rcpt, outcome, reason
from unnest($1::text[], $2::int8[], $3::text[], $4::text[], $5::text[])
	as g(id, n, rcpt, outcome, reason)
on conflict (id, n) do update set rcpt = excluded.rcpt;

-- name: archive_counters
-- Adds to the counters. $1 at int[] in ms since 1970, $2 appliance text,
-- $3 name text[], $4 n int[], $5 bytes int[]
insert into counter_5min as c (at, appliance, name, n, bytes)
select to_timestamp(at / 1000.0), $2::text, name, n, bytes
from unnest($1::int8[], $3::text[], $4::int8[], $5::int8[])
	as g(at, name, n, bytes)
order by at, name
on conflict (at, appliance, name) do update
set n = c.n + excluded.n, bytes = c.bytes + excluded.bytes;

-- name: archive_tally
-- Adds to what reports count. $1 day int[] in ms since 1970, $2 appliance
-- text, $3 kind text[], $4 name text[], $5 n int[], $6 bytes int[]
insert into tally as t (day, appliance, kind, name, n, bytes)
select (to_timestamp(day / 1000.0) at time zone 'UTC')::date, $2::text, kind,
	name, n, bytes
from unnest($1::int8[], $3::text[], $4::text[], $5::int8[], $6::int8[])
	as g(day, kind, name, n, bytes)
order by day, kind, name
on conflict (day, kind, appliance, name) do update
set n = t.n + excluded.n, bytes = t.bytes + excluded.bytes;

-- name: archive_class
-- The class that an entry has, or shall get. $1 id text, $2 reason text
with there as (
	update quarantine set appliance = appliance
	where id = $1::text::uuid
	returning class
)
select coalesce((select class from there limit 1),
	(select class from retention_reason where reason = $2::text),
	'standard') as class;

-- name: archive_entry
-- Withheld mail. $1 class text, $2 id text, $3 appliance text, $4 received
-- int in ms since 1970, $5 relay text or null, $6 sender text, $7 header_from
-- text, $8 subject text, $9 reason text, $10 size int, $11 score int, $12
-- probability int, $13 open int, $14 words int[], $15 record bytes, $16 marks
-- int[]
insert into quarantine (class, id, appliance, received, relay, sender,
	header_from, subject, reason, size, score, probability, open, words,
	record, marks)
values ($1::text, $2::text::uuid, $3::text, to_timestamp($4::int8 / 1000.0),
	$5::text::inet, $6::text, $7::text, $8::text, $9::text, $10::int8,
	$11::int8, $12::int8, $13::int8, $14::int8[], $15::bytea, $16::int8[])
on conflict (class, id) do update set appliance = excluded.appliance;

-- name: archive_entry_rcpts
-- Its recipients. $1 class text, $2 id text, $3 n int[], $4 rcpt text[], $5
-- address bytes[], $6 reason text[], $7 state text[]
insert into quarantine_rcpt (class, id, n, rcpt, address, reason, state)
select $1::text, $2::text::uuid, n, rcpt, address, reason, state
from unnest($3::int8[], $4::text[], $5::bytea[], $6::text[], $7::text[])
	as g(n, rcpt, address, reason, state)
on conflict (class, id, n) do update set rcpt = excluded.rcpt;

-- name: archive_entry_body
-- Pieces of its body. $1 class text, $2 id text, $3 part int[], $4 sealed
-- bytes[]. A piece that is there stays: sealed again it has another nonce.
insert into quarantine_body as b (class, id, part, sealed)
select $1::text, $2::text::uuid, part, sealed
from unnest($3::int8[], $4::bytea[]) as g(part, sealed)
on conflict (class, id, part) do update set sealed = b.sealed;

-- name: archive_entry_events
-- What people did with it on disk. $1 id text, $2 key text[], $3 at int[] in
-- ms since 1970, $4 who text[], $5 what text[], $6 detail text[]
insert into message_event (id, key, at, who, what, detail)
select $1::text::uuid, md5($1::text || key)::uuid,
	to_timestamp(at / 1000.0), who, what, detail
from unnest($2::text[], $3::int8[], $4::text[], $5::text[], $6::text[])
	as g(key, at, who, what, detail)
on conflict (id, key) do update set who = excluded.who;

-- name: userdata_version
-- Whether what users set has changed: the newest version, and a sum over who
-- is in which group.
select coalesce((select max(version) from user_data), 0)::int8 as version,
	coalesce((select sum(hashtext(name || ' ' || member))
		from mail_group_member), 0)::int8 as members;

-- name: userdata_rows
-- All of it as entries of lists: LIST#OWNER, or of group-NAME as a whole.
select case kind when 'approved' then 'approved-senders'
		when 'blocked' then 'blocked-senders' else key end as list,
	owner,
	case when kind <> 'option' then key when value = '' then owner
		else value end as entry
from user_data
where not gone and kind <> 'alias'
union all
select 'group-' || name, '', member
from mail_group_member;

-- name: feedback_rows
-- What people said since, in its order; all of it for who is ahead of a
-- database that came from a dump. $1 version int8
-- plan: feedback
select message::text as message, who, spam, version
from feedback
where version > case when $1::int8 > (select version from feedback_clock)
	then 0 else $1::int8 end
order by version
limit 20;
