-- Groups of addresses and domains (applets/lib/store/group.h).
-- login: pm_csm pm_admin

-- name: group_list
-- By name.
select g.name, coalesce(g.parent, '') as parent, g.about,
	(select count(*) from mail_group_member m where m.name = g.name)
	as members
from mail_group g
order by g.name;

-- name: group_own
-- The members that stand in a group itself; '' when it has none, and no row
-- when there is no such group. $1 name text
select coalesce(m.member, '') as member
from mail_group g
left join mail_group_member m on m.name = g.name
where g.name = $1::text
order by 1;

-- name: group_everybody
-- The same of a group and those below it. $1 name text
with recursive part as (
	select name from mail_group where name = $1::text
	union
	select g.name from mail_group g join part p on g.parent = p.name
)
select distinct coalesce(m.member, '') as member
from part p
left join mail_group_member m on m.name = p.name
order by 1;

-- name: group_put
-- Makes a group, or changes what of it is not null. No row: its parent is not
-- there, or is below it. $1 name text, $2 parent ('' is none) text, $3 about
-- text, $4 who text
-- login: pm_admin
with recursive up as (
	select name, parent from mail_group where name = $2::text
	union
	select g.name, g.parent from mail_group g join up u
		on g.name = u.parent
), put as (
	insert into mail_group as g (name, parent, about)
	select $1::text, nullif($2::text, ''), coalesce($3::text, '')
	where coalesce($2::text, '') = '' or (exists (select from up)
		and not exists (select from up where name = $1::text))
	on conflict (name) do update set
		parent = case when $2::text is null then g.parent
			else excluded.parent end,
		about = coalesce($3::text, g.about)
	returning g.name
), noted as (
	insert into audit (who, via, what, detail)
	select $4::text, 'cli', 'group: made or changed', name from put
)
select name from put;

-- name: group_drop
-- What it had below it: then nothing is done. No row: there is none. $1 name
-- text, $2 who text
-- login: pm_admin
with it as (
	select g.name, coalesce((select min(c.name) from mail_group c
		where c.parent = g.name), '') as below
	from mail_group g
	where g.name = $1::text
), gone as (
	delete from mail_group where name in (select name from it
		where below = '')
	returning name
), noted as (
	insert into audit (who, via, what, detail)
	select $2::text, 'cli', 'group: dropped', name from gone
)
select below from it;

-- name: group_add
-- $1 name text, $2 members text[], $3 who text
-- login: pm_admin
with put as (
	insert into mail_group_member (name, member)
	select distinct $1::text, x from unnest($2::text[]) x
	on conflict (name, member) do update set member = excluded.member
)
insert into audit (who, via, what, detail)
values ($3::text, 'cli', 'group: members added', $1::text || ': ' ||
	array_to_string($2::text[], ' '));

-- name: group_remove
-- The ones that were there. $1 name text, $2 members text[], $3 who text
-- login: pm_admin
with gone as (
	delete from mail_group_member
	where name = $1::text and member = any ($2::text[])
	returning member
), noted as (
	insert into audit (who, via, what, detail)
	select $3::text, 'cli', 'group: members removed', $1::text || ': ' ||
		string_agg(member, ' ')
	from gone
	having count(*) > 0
)
select member from gone order by 1;
