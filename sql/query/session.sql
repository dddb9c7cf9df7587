-- Sessions of people at the pages (lib/web/session.c).
-- login: pm_csm

-- name: session_find
-- Who holds a token, unless the session was silent for 30 minutes or is past
-- its end; notes that it was seen, at most once a minute.
-- $1 SHA-256 of the token bytea, $2 scope text
with seen as (
	update session
	set seen = now()
	where token = $1
	and scope = $2
	and seen < now() - interval '1 minute'
	and seen > now() - interval '30 minutes'
	and ends > now()
)
select who, addresses, rights, must_change, csrf
from session
where token = $1
and scope = $2
and seen > now() - interval '30 minutes'
and ends > now()

-- name: session_end
-- Logs out: the session is gone.
-- $1 SHA-256 of the token bytea, $2 scope text
delete from session
where token = $1
and scope = $2
