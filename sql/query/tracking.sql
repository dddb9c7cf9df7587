-- What the log reader writes, and how what became of mail is found.
-- login: pm_recorder

-- name: smtp_places
-- How far the logs of an appliance were read. $1 appliance text
select source::text as source, at, before
from smtp_log
where appliance = $1::text;

-- name: smtp_place
-- How far a log was read. $1 appliance text, $2 source text, $3 at int, $4
-- before bytes
insert into smtp_log (appliance, source, at, before)
values ($1::text, $2::text::uuid, $3::int8, $4::bytea)
on conflict (appliance, source) do update
set at = excluded.at, before = excluded.before, changed = now();

-- name: smtp_events
-- What was read; again it is the same rows. $1 appliance text, $2 id text[],
-- $3 at int[] in ms since 1970, $4 kind text[], $5 program text[], $6 pid
-- int[], $7 queue_id text[], $8 next_id text[], $9 relay text[] (null: not
-- said), $10 relay_name text[], $11 helo text[], $12 sender text[], $13 rcpt
-- text[], $14 message_id text[], $15 remote text[], $16 dsn text[], $17 reply
-- text[], $18 size int[] (-1: not said), $19 delay_ms int[] (so, too), $20
-- line bytes[]
insert into smtp_event (id, appliance, at, kind, program, pid, queue_id,
	next_id, relay, relay_name, helo, sender, rcpt, message_id, remote,
	dsn, reply, size, delay_ms, line)
select id::uuid, $1::text, to_timestamp(at / 1000.0), kind, program, pid,
	queue_id, next_id, relay::inet, relay_name, helo, sender, rcpt,
	message_id, remote, dsn, reply, nullif(size, -1),
	nullif(delay_ms, -1), line
from unnest($2::text[], $3::int8[], $4::text[], $5::text[], $6::int8[],
	$7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
	$12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
	$17::text[], $18::int8[], $19::int8[], $20::bytea[])
	as g(id, at, kind, program, pid, queue_id, next_id, relay, relay_name,
	helo, sender, rcpt, message_id, remote, dsn, reply, size, delay_ms,
	line)
on conflict (id) do update set kind = excluded.kind;
