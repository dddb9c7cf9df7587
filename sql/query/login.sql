-- What the log-in helper asks (applets/csm/login.c), as pm_login.
-- login: pm_login

-- name: login_account
-- The account of that name. $1 name
select password, must_change, rights
from account
where name = $1

-- name: login_session_put
-- A new session. $1 SHA-256 of its token, $2 scope, $3 who, $4 rights text[],
-- $5 must_change, $6 csrf, $7 seconds until it ends, $8 peer
insert into session (token, scope, who, rights, must_change, csrf, ends, peer)
values ($1::bytea, $2, $3, $4::text[], $5, $6,
	now() + make_interval(secs => $7::int8), $8)

-- name: login_session
-- A session that still stands, as session_find has it.
-- $1 SHA-256 of its token, $2 scope
select who, rights, must_change, peer
from session
where token = $1::bytea and scope = $2 and ends > now()
and seen > now() - interval '30 minutes'

-- name: login_sessions_end
-- Ends the sessions of somebody, and what has ended is forgotten.
-- $1 scope, $2 who
delete from session
where (scope = $1 and who = $2) or ends < now() - interval '1 day'

-- name: login_password
-- Sets a password; makes the account if need be. $1 name, $2 hash,
-- $3 rights text[] of a new account
insert into account (name, password, rights)
values ($1, $2, $3::text[])
on conflict (name) do update
set password = excluded.password,
	must_change = false

-- name: login_audit
-- Notes what was done. $1 who, $2 via, $3 what
insert into audit (who, via, what)
values ($1, $2, $3)
