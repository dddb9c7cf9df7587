-- Lists, groups and aliases out of a directory (applets/ldap).
-- login: pm_admin

-- name: ldap_lock
-- One synchronisation at a time, until the connection ends.
select pg_try_advisory_lock(7316001) as mine;

-- name: ldap_have
-- What a source brought. $1 source text
select entry from ldap_entry where source = $1::text order by 1;

-- name: ldap_bring
-- $1 source text, $2 entries text[]
insert into ldap_entry (source, entry)
select $1::text, x from unnest($2::text[]) x
on conflict (source, entry) do update set entry = excluded.entry;

-- name: ldap_forget
-- $1 source text, $2 entries text[]
delete from ldap_entry where source = $1::text and entry = any ($2::text[]);

-- name: ldap_done
-- $1 source text, $2 entries int8, $3 what changed ('': nothing) text, $4 who
-- text
with noted as (
	insert into audit (who, via, what, detail)
	select $4::text, 'ldap', 'ldap: ' || $1::text, $3::text
	where $3::text <> ''
)
insert into ldap_source (name, tried, done, entries)
values ($1::text, now(), now(), $2::int8)
on conflict (name) do update set tried = excluded.tried,
	done = excluded.done, entries = excluded.entries, trouble = '';

-- name: ldap_failed
-- $1 source text, $2 why text
insert into ldap_source (name, tried, trouble)
values ($1::text, now(), $2::text)
on conflict (name) do update set tried = excluded.tried,
	trouble = excluded.trouble;

-- name: ldap_status
-- By name.
select name, tried as tried_ms, done as done_ms, entries, trouble
from ldap_source
order by name;

-- name: mailbox_all
-- Each address, its person and his language ('': none is known).
select address, person, language from mailbox order by 1;

-- name: mailbox_put
-- $1 addresses text[], $2 persons text[], $3 languages text[]
insert into mailbox (address, person, language)
select address, person, language
from unnest($1::text[], $2::text[], $3::text[]) as g(address, person, language)
on conflict (address) do update set person = excluded.person,
	language = excluded.language;

-- name: mailbox_drop
-- $1 addresses text[]
delete from mailbox where address = any ($1::text[]);
