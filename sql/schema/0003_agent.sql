-- What the agent of each appliance tells and asks: alarms by appliance, and
-- which of them runs a job of the whole site.

set search_path = pm, public;

do $$
begin
	if to_regrole('pm_agent') is null then
		create role pm_agent login;
	end if;
end $$;
grant usage on schema pm to pm_agent;

alter table alarm add column appliance text not null default '',
	add column acked timestamptz;
alter table alarm drop constraint alarm_pkey,
	add constraint alarm_pkey primary key (name, appliance);
comment on column alarm.name is
	'Its row of role/alarms.def, and behind a blank what of many it is of.';
comment on column alarm.appliance is
	'Whose agent keeps it; empty: the database itself raised it.';
comment on column alarm.acked is 'Somebody knows of it.';
grant select, insert, update on alarm to pm_agent, pm_admin;

create table schedule_run (
	job text primary key,
	appliance text not null,
	due timestamptz not null,
	started timestamptz not null,
	lease_until timestamptz not null,
	ended timestamptz,
	code int4
);
comment on table schedule_run is
	'The last run of each scheduled job that is one for the whole site.';
comment on column schedule_run.appliance is 'Who runs or ran it.';
comment on column schedule_run.due is
	'For which moment: another appliance does not run it for the same.';
comment on column schedule_run.lease_until is
	'Extended while it runs; then it counts as dead.';
comment on column schedule_run.code is 'Its exit code.';
grant select, insert, update on schedule_run to pm_agent, pm_admin;
grant select on schedule_run to pm_csm;
