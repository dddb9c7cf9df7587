-- The schema's versions. Outside the schema pm, which the first one makes.
-- login: pm

-- name: migrate_lock
-- One of several that start together; the others wait. Held until
-- migrate_unlock or the end of the connection.
select pg_advisory_lock(7170625001);

-- name: migrate_unlock
-- Lets the next one in.
select pg_advisory_unlock(7170625001);

-- name: migrate_table
-- What is applied, as sql/schema/NNNN_name.sql with its hash.
create table if not exists public.pm_migration (
	number int4 primary key,
	name text not null,
	sha256 text not null,
	at timestamptz not null default now()
);

-- name: migrate_list
-- What this database has, in order.
select number, name, sha256 from public.pm_migration order by number;

-- name: migrate_put
-- One is applied. $1 number int, $2 name text, $3 sha256 text
insert into public.pm_migration (number, name, sha256) values ($1, $2, $3);
