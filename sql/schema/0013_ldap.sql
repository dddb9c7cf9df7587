-- What comes from a directory (LDAP), so that a later synchronisation takes
-- back only what an earlier one brought.
set search_path = pm, public;

create table ldap_source (
	name text primary key,
	tried timestamptz not null,
	done timestamptz,
	entries int8 not null default 0,
	trouble text not null default ''
);
comment on table ldap_source is
	'How the last synchronisation with each source of etc/pm/ldap.lua went.';
comment on column ldap_source.entries is 'Of the last that was done.';
comment on column ldap_source.trouble is
	'Why the last one was not done, a sentence; or empty.';

create table ldap_entry (
	source text not null,
	entry text not null,
	primary key (source, entry)
);
comment on table ldap_entry is
	'What a source brought, and nobody had put in by hand before.';
comment on column ldap_entry.entry is
	'Of a list or a group the entry; of aliases: address, person, language,
	blanks between.';

grant select, insert, update, delete on ldap_source, ldap_entry to pm_admin;
grant insert, update, delete on mailbox to pm_admin;
