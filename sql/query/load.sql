-- For `pm db load`: in the database "postgres", but where it is said.
-- login: pm

-- name: load_clean
-- What a load that failed has left.
drop database if exists pm_load with (force);

-- name: load_begin
-- Where the dump goes first.
create database pm_load owner pm encoding 'UTF8' template template0;

-- name: load_end
-- What was before (the last part of a load; sql/cluster/swap.sql).
drop database if exists pm_before with (force);

-- name: load_sessions
-- In the new one: nobody is logged in by a dump.
delete from session;

-- name: load_jobs
-- In the new one: what the dump had yet to send may have been sent since. It
-- is not sent again by itself: people decide.
with stopped as (
	update job
	set state = 'failed', error = 'a dump was loaded: it may be sent already'
	where state in ('waiting', 'leased')
	returning key, kind, message, made_by
), told as (
	insert into message_event (id, key, at, who, what, detail)
	select message, md5('failed ' || key)::uuid, now(), made_by, 'failed',
		'a dump was loaded: it may be sent already'
	from stopped
	where kind <> 'digest'
	on conflict (id, key) do update set who = excluded.who
)
insert into alarm (name, text, means, remedy)
select 'jobs-of-a-dump', count(*) || ' releases, forwards and digests waited in the '
	|| 'dump that was loaded: ' || left(string_agg(message::text, ' '),
	1000), 'they may have been sent before, and are not sent by themselves',
	'ask their recipients; pm quarantine release --again ID sends one'
from stopped
having count(*) > 0
on conflict (name, appliance) do update
set text = excluded.text, since = now(), cleared = null;

-- name: load_analyze
-- In the new one: what the planner has to know.
analyze;
