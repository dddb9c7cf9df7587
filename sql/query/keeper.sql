-- What the keeper does every minute, hour and day. All of it can be done
-- again at any time.
-- login: pm

-- name: keeper_partitions
-- Partitions from yesterday, or the oldest day that misses one, to a week
-- ahead; how many were missing.
select partition_make(least(current_date - 1, partition_oldest()),
	current_date + 7) as made;

-- name: keeper_retention
-- Drops what is older than its retention, but first keeps what is held for
-- those who are away; how many partitions.
with kept as materialized (
	select quarantine_hold_keep(current_date) as n
)
select partition_drop(current_date) as gone
from kept;

-- name: keeper_expire_people
-- What was said of mail that is gone, and actions after a quarter of a year.
with asked as (
	delete from quarantine_request r
	where not exists (select from quarantine q where q.id = r.message)
), kept as (
	delete from kept_message k
	where not exists (select from quarantine q where q.id = k.message)
)
delete from quarantine_action where at < now() - interval '90 days';

-- name: keeper_hour
-- Adds to the hours what came to the five minutes since the last time, also
-- to hours long past.
with fresh as (
	select at, appliance, name, n - rolled_n as n,
		bytes - rolled_bytes as bytes
	from counter_5min
	where n <> rolled_n or bytes <> rolled_bytes
	for update
), done as (
	update counter_5min c
	set rolled_n = c.rolled_n + f.n, rolled_bytes = c.rolled_bytes + f.bytes
	from fresh f
	where c.at = f.at and c.appliance = f.appliance and c.name = f.name
)
insert into counter_hour (at, appliance, name, n, bytes)
select date_trunc('hour', at, 'UTC'), appliance, name, sum(n)::int8,
	sum(bytes)::int8
from fresh
group by 1, 2, 3
on conflict (at, appliance, name) do update
set n = counter_hour.n + excluded.n, bytes = counter_hour.bytes + excluded.bytes;

-- name: keeper_day
-- The same from hours to days.
with fresh as (
	select at, appliance, name, n - rolled_n as n,
		bytes - rolled_bytes as bytes
	from counter_hour
	where n <> rolled_n or bytes <> rolled_bytes
	for update
), done as (
	update counter_hour c
	set rolled_n = c.rolled_n + f.n, rolled_bytes = c.rolled_bytes + f.bytes
	from fresh f
	where c.at = f.at and c.appliance = f.appliance and c.name = f.name
)
insert into counter_day (at, appliance, name, n, bytes)
select date_trunc('day', at, 'UTC'), appliance, name, sum(n)::int8,
	sum(bytes)::int8
from fresh
group by 1, 2, 3
on conflict (at, appliance, name) do update
set n = counter_day.n + excluded.n, bytes = counter_day.bytes + excluded.bytes;

-- name: keeper_expire_5min
-- After 36 hours, once the hours have it.
delete from counter_5min
where at < now() - interval '36 hours' and n = rolled_n and
	bytes = rolled_bytes;

-- name: keeper_expire_hour
-- After 90 days, once the days have it.
delete from counter_hour
where at < now() - interval '90 days' and n = rolled_n and
	bytes = rolled_bytes;

-- name: keeper_expire_day
-- After two years.
delete from counter_day where at < now() - interval '2 years';

-- name: keeper_expire_sessions
-- Those that have ended.
delete from session where ends < now();

-- name: keeper_expire_jobs
-- Finished ones, a month after they were made.
delete from job
where state in ('handed', 'failed', 'cancelled') and
	made < now() - interval '30 days';

-- name: keeper_expire_feedback
-- What every filter has learnt long ago; a new one learns the last month's.
delete from feedback where changed < now() - interval '30 days';

-- name: keeper_expire_logs
-- How far logs were read that said nothing for as long as events are kept.
delete from smtp_log
where changed < now() - (select days from log_retention
	where what = 'message') * interval '1 day';

-- name: keeper_strays
-- DEFAULT partitions that are not empty: what they hold is found, but slowly.
select child, n from partition_strays();

-- name: keeper_clocks
-- Appliances whose clock is more than five minutes ahead of ours, and how
-- many seconds.
select appliance, extract(epoch from max(received) - now())::int8 as ahead
from message
where id >= id_floor(now() + interval '5 minutes')
group by appliance
order by appliance
limit 5;

-- name: db_status
-- For `pm db status`.
select current_setting('server_version') as version,
	pg_database_size(current_database()) as bytes,
	(select count(*) from pg_stat_activity
		where datname = current_database()) as connections,
	current_setting('max_connections')::int8 as connections_max,
	pg_postmaster_start_time() as started,
	(select max(number) from public.pm_migration) as migration,
	(select count(*) from pg_class c
		join pg_namespace s on s.oid = c.relnamespace
		where s.nspname = 'pm' and c.relname ~ '^message_[0-9]{8}$')
		as days,
	(select coalesce(min(right(c.relname, 8)), '') from pg_class c
		join pg_namespace s on s.oid = c.relnamespace
		where s.nspname = 'pm' and c.relname ~ '^message_[0-9]{8}$')
		as oldest,
	(select coalesce(sum(n), 0)::int8 from partition_strays()) as strays;

-- name: keeper_tally
-- Relays, senders and recipients of a day that is over by six hours.
select tally_close(((now() - interval '6 hours') at time zone 'UTC')::date)
	as closed;

-- name: keeper_so_far
-- The same of the day that is not over, up to now.
select tally_so_far(now()) as done;

-- name: keeper_expire_tally
-- After two years.
with days as (
	delete from tally_day where day < current_date - 730
), used as (
	delete from host_use where day < current_date - 730
)
delete from tally where day < current_date - 730;

-- name: keeper_expire_links
-- Tickets that were used, long after they would have been good.
delete from link_use where at < now() - interval '90 days';
