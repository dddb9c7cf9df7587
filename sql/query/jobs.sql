-- Jobs that an injector carries out, each once. The token of a lease is
-- "APPLIANCE/ID": new at each lease, so that an answer in doubt can be asked
-- for again.

-- name: job_lease
-- Takes a job that is due, or whose lease is over. $1 token text
-- login: pm_injector
update job
set state = 'leased', lease_by = $1::text, tries = tries + 1,
	lease_until = now() + interval '60 s'
where key = (
	select key
	from job
	where state in ('waiting', 'leased') and not_before <= now()
		and (state = 'waiting' or lease_until < now())
	order by not_before
	limit 1
	for update skip locked)
returning key, message, rcpts, tries::int8 as tries,
	kind = 'digest' as digest;

-- name: job_entry
-- What was kept of a message but its body. $1 message text
-- login: pm_injector
select record
from quarantine
where id = $1::text::uuid
limit 1;

-- name: job_body
-- The pieces of its body. $1 message text
-- login: pm_injector
select sealed
from quarantine_body
where id = $1::text::uuid
order by class, part;

-- name: job_digest
-- The mail of a digest, sealed. $1 key text
-- login: pm_injector
select sealed
from digest_mail
where key = $1::text::uuid;

-- name: job_handed
-- The point of no return: from here the copy is owed, and nobody sends it
-- again. No row: the lease was lost. $1 key text, $2 token text
-- login: pm_injector
with done as (
	update job
	set state = 'handed', error = ''
	where key = $1::text::uuid and lease_by = $2::text
		and state in ('leased', 'handed')
	returning key, kind, message, made_by, lease_by
), told as (
	insert into message_event (id, key, at, who, what, detail)
	select message, md5('sent ' || key)::uuid, now(), made_by, 'sent',
		'by ' || split_part(lease_by, '/', 1)
	from done
	where kind <> 'digest'
	on conflict (id, key) do update set who = excluded.who
), gone as (
	delete from digest_mail m
	using done
	where m.key = done.key
)
select key
from done;

-- name: job_again
-- Gives it back for later. $1 key text, $2 token text, $3 error text
-- login: pm_injector
update job
set state = 'waiting', error = $3::text,
	not_before = now() + least(tries, 10) * interval '30 s'
where key = $1::text::uuid and lease_by = $2::text and state = 'leased';

-- name: job_failed
-- It can never be done: says so, raises the alarm, notes it in the message's
-- timeline. $1 key text, $2 token text, $3 error text
-- login: pm_injector
with failed as (
	update job
	set state = 'failed', error = $3::text
	where key = $1::text::uuid and lease_by = $2::text
		and state in ('leased', 'failed')
	returning key, kind, message, made_by
), told as (
	insert into message_event (id, key, at, who, what, detail)
	select message, md5('failed ' || key)::uuid, now(), made_by, 'failed',
		$3::text
	from failed
	where kind <> 'digest'
	on conflict (id, key) do update set who = excluded.who
)
insert into alarm (name, text, means, remedy)
select 'job ' || key, 'message ' || message || ' cannot be sent: '
	|| $3::text, 'its recipients do not get what was released',
	'see the message''s page; release it again when the cause is mended'
from failed
on conflict (name, appliance) do update set text = excluded.text, cleared = null;

-- name: job_of_copy
-- What became of the job that a hidden copy was made for. $1 message text,
-- $2 the last twelve digits of its key text
-- login: pm_injector
select state, coalesce(lease_by, '') as lease_by,
	coalesce(lease_until < now(), true) as over
from job
where message = $1::text::uuid and right(key::text, 12) = $2::text;
