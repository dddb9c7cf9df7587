-- What the agent of an appliance tells the database.
-- login: pm_agent

-- name: agent_alarm_put
-- As its book has it. $1 appliance text, $2 name text, $3 text text,
-- $4 means text, $5 remedy text, $6 since int8 (ms), $7 cleared int8 (ms; 0:
-- it is raised), $8 acked int8 (ms; 0: not)
insert into alarm (appliance, name, text, means, remedy, since, cleared,
	acked)
values ($1::text, $2::text, $3::text, $4::text, $5::text,
	to_timestamp($6::int8 / 1000.0),
	to_timestamp(nullif($7::int8, 0) / 1000.0),
	to_timestamp(nullif($8::int8, 0) / 1000.0))
on conflict (name, appliance) do update
set text = excluded.text, means = excluded.means, remedy = excluded.remedy,
	since = excluded.since, cleared = excluded.cleared,
	acked = excluded.acked;

-- name: agent_alarm_only
-- Whatever else this appliance had raised is over. $1 appliance text,
-- $2 names text[]
update alarm
set cleared = now()
where appliance = $1::text and cleared is null and name <> all ($2::text[]);

-- name: agent_alarm_given
-- What the database itself raised.
select name, text
from alarm
where appliance = '' and cleared is null
order by since
limit 50;

-- name: agent_alarm_end
-- Somebody has acknowledged one of those: it is over. $1 name text
update alarm
set cleared = now()
where appliance = '' and name = $1::text and cleared is null;

-- name: agent_use_put
-- The highest of a day stays. $1 appliance text, $2 kinds text[], $3 used
-- int8[], $4 of how much int8[] (0: it could not be seen)
insert into host_use as u (day, appliance, kind, used, size)
select (now() at time zone 'UTC')::date, $1::text, kind, used, size
from unnest($2::text[], $3::int8[], $4::int8[]) as g(kind, used, size)
where size > 0
on conflict (day, appliance, kind) do update
set used = greatest(u.used, excluded.used), size = excluded.size;
