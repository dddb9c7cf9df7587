-- Jobs of the scheduler that one appliance runs for the whole site.
-- login: pm_admin

-- name: schedule_claim
-- Takes the job for a moment, unless somebody has it or had it; no row: not
-- taken. $1 job text, $2 appliance text, $3 due int8 (ms), $4 lease int8 (s)
insert into schedule_run as r (job, appliance, due, started, lease_until)
values ($1::text, $2::text, to_timestamp($3::int8 / 1000.0), now(),
	now() + $4::int8 * interval '1 s')
on conflict (job) do update
set appliance = excluded.appliance, due = excluded.due,
	started = excluded.started, lease_until = excluded.lease_until,
	ended = null, code = null
where (r.ended is not null or r.lease_until < now()) and r.due < excluded.due
	or r.ended is null and r.appliance = excluded.appliance
	and r.due = excluded.due
returning appliance;

-- name: schedule_holder
-- Who has it, or had it. $1 job text
select appliance, ended is null and lease_until >= now() as running
from schedule_run
where job = $1::text;

-- name: schedule_renew
-- It still runs. The same values.
update schedule_run
set lease_until = now() + $4::int8 * interval '1 s'
where job = $1::text and appliance = $2::text
	and due = to_timestamp($3::int8 / 1000.0) and ended is null;

-- name: schedule_end
-- It is over. $1 job text, $2 appliance text, $3 due int8 (ms), $4 code int8
update schedule_run
set ended = now(), code = $4::int8::int4
where job = $1::text and appliance = $2::text
	and due = to_timestamp($3::int8 / 1000.0);
