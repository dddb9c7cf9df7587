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

-- name: db_archiver
-- For `pm db archive status`.
-- login: pm
select current_setting('archive_mode') as mode,
	coalesce(last_archived_wal, '-') as last, failed_count as failed
from pg_stat_archiver;
