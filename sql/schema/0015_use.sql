-- How much of its memory and disk each appliance uses, for reports.
set search_path = pm, public;

create table host_use (
	day date not null,
	appliance text not null,
	kind text not null check (kind in ('memory', 'disk')),
	used int8 not null,
	size int8 not null,
	primary key (day, appliance, kind)
);
comment on table host_use is
	'The highest use of a UTC day, as each appliance''s agent saw it each
	minute; kept two years.';
comment on column host_use.used is
	'Bytes: of memory what programs could not get, of the disk with
	var/lib/pm what mail cannot get.';
comment on column host_use.size is 'Bytes there are.';
grant select, insert, update on host_use to pm_agent;
grant select on host_use to pm_csm, pm_admin;
