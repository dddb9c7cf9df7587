-- What the csm's functions ask besides the quarantine (applets/csm), as
-- pm_csm.
-- login: pm_csm

-- name: csm_message
-- A message of the log as the filter wrote it. $1 id
-- plan: Index Scan
select record
from message
where id = $1::uuid

-- name: csm_events
-- Its timeline, the oldest first. $1 id
select at, who, what, detail
from message_event
where id = $1::uuid
order by at, key

-- name: csm_sealed
-- The pieces of a body, still sealed. $1 id
select sealed
from quarantine_body
where id = $1::uuid
order by part

-- name: csm_viewed
-- Notes that somebody looks at a body, in the message's timeline and in the
-- audit. $1 id, $2 key of the event, $3 who, $4 via, $5 what
with seen as (
	insert into message_event (id, key, at, who, what)
	values ($1::uuid, $2::uuid, now(), $3, $5)
)
insert into audit (who, via, what, detail)
values ($3, $4, $5, $1)
