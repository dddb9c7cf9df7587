-- What lib/db itself asks for. No parameters but where it is said.
-- login: all

-- name: begin
-- Opens a transaction.
begin;

-- name: commit
-- Ends it; the tag says whether it was one.
commit;

-- name: rollback
-- Undoes it.
rollback;

-- name: ready
-- Is somebody there?
select true as ready;

-- name: notify
-- Wakes who listens, at commit. $1 channel text
select pg_notify($1, '');

-- name: listen_job
-- Hears that there are new jobs.
listen job;
