-- Digests: who got which, up to where; their mail until an injector has it.
set search_path = pm, public;

-- What a filter kept while the database was away comes late, with an old id:
-- a digest asks what is new by when it came here. First without, then with
-- the clock: a volatile default would rewrite every partition.
alter table quarantine_rcpt
	add column recorded timestamptz not null default now();
alter table quarantine_rcpt
	alter column recorded set default clock_timestamp();
comment on column quarantine_rcpt.recorded is
	'When the row came into this database; of rows older than the column:
	when the column did.';
create index quarantine_rcpt_recorded on quarantine_rcpt
	using brin (recorded);

create table digest_run (
	rule text not null,
	slot timestamptz not null,
	since timestamptz not null,
	upto timestamptz not null,
	made timestamptz not null default now(),
	done timestamptz,
	primary key (rule, slot)
);
comment on table digest_run is
	'One row a time at which a rule''s digests were due and were begun.';
comment on column digest_run.since is
	'It tells of what was recorded after this, and not after upto.';
comment on column digest_run.done is
	'Null: it was cut off, or is at work. The next one ends it first.';

create table digest_sent (
	rule text not null,
	person text not null,
	upto timestamptz not null,
	key uuid not null,
	primary key (rule, person)
);
comment on table digest_sent is
	'The newest digest of each person: committed with its job.';
comment on column digest_sent.upto is 'Of its run: he has that one.';
comment on column digest_sent.key is 'Of its job.';

create table digest_mail (
	key uuid primary key,
	sealed bytea not null
);
alter table digest_mail alter column sealed set storage external;
comment on table digest_mail is
	'Digests that wait for an injector: zstd, then sealed with a key that is
	not in here. A row goes with the commit that hands it over.';
comment on column digest_mail.key is 'Of its job.';

alter table job drop constraint job_kind_check;
alter table job add constraint job_kind_check
	check (kind in ('release', 'forward', 'digest'));
comment on column job.message is 'Of a digest: its key.';

grant select, insert, update on digest_run, digest_sent, digest_mail
	to pm_admin;
grant select, delete on digest_mail to pm_injector;
