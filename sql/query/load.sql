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

-- name: load_analyze
-- In the new one: what the planner has to know.
analyze;
