-- The ground: logins, the message log, the quarantine, jobs, counters, lists,
-- people, user data, sessions, audit. Run as the owner, in one transaction.
--
-- An id is a UUIDv7 (RFC 9562 section 5.7): its first 48 bits are the time in
-- milliseconds, so a range of ids is a range of time, and tables are
-- partitioned by ranges of ids. Text columns are sanitised UTF-8 for people;
-- the bytes as they came are in bytea beside them.

create schema pm;
set search_path = pm, public;
create extension pg_trgm with schema public;

-- --- logins -----------------------------------------------------------------
-- One a role of the appliance; who may use which is said by pg_hba.conf.
-- A cluster has them once, however many databases it sees come and go.
do $$
declare
	login text;
begin
	foreach login in array array['pm_recorder', 'pm_injector', 'pm_csm',
	    'pm_login', 'pm_enduser', 'pm_groups', 'pm_admin'] loop
		if to_regrole(login) is null then
			execute format('create role %I login', login);
		end if;
	end loop;
end $$;
-- Row security is for end users. Not by policies that let staff see all: under
-- any policy the planner may not look at statistics for like, ilike and @@,
-- and searches take seconds for milliseconds.
alter role pm_recorder bypassrls;
alter role pm_injector bypassrls;
alter role pm_csm bypassrls;
alter role pm_admin bypassrls;
grant usage on schema pm to pm_recorder, pm_injector, pm_csm, pm_login,
	pm_enduser, pm_groups, pm_admin;
-- Not "in schema pm": that would add to the default, and revoke nothing.
alter default privileges revoke execute on functions from public;

-- --- ids and days -----------------------------------------------------------
create function id_floor(at timestamptz) returns uuid
language sql immutable strict parallel safe as $$
	select (lpad(to_hex(greatest(0, least(281474976710655,
		floor(extract(epoch from at) * 1000)::int8))), 12, '0')
		|| '00000000000000000000')::uuid
$$;
comment on function id_floor is
	'The least id of an instant: id >= id_floor(t) means not before t.';

create function id_time(id uuid) returns timestamptz
language sql immutable strict parallel safe as $$
	select to_timestamp(('x' || lpad(substr(replace(id::text, '-', ''), 1,
		12), 16, '0'))::bit(64)::int8 / 1000.0)
$$;
comment on function id_time is 'The instant in an id, to the millisecond.';

-- --- the message log --------------------------------------------------------
create table message (
	id uuid primary key,
	appliance text not null,
	received timestamptz not null,
	relay inet,
	relay_name text not null,
	helo text not null,
	sender text not null,
	queue_id text not null,
	subject text not null,
	header_from text not null,
	message_id text not null,
	size int8 not null,
	score int4 not null,
	probability int2 not null,
	outcome text not null,
	took_ms int4 not null,
	record bytea not null
) partition by range (id);
alter table message alter column record set storage main;
comment on table message is
	'One row a message that a filter judged, or refused before DATA.';
comment on column message.id is 'UUIDv7, made by the filter.';
comment on column message.appliance is 'Name of the appliance that judged.';
comment on column message.relay is 'The connecting host; null: not an address.';
comment on column message.sender is
	'Envelope sender (RFC 5321), lower case, sanitised; empty: a bounce.';
comment on column message.header_from is 'From as people see it, decoded.';
comment on column message.message_id is 'Message-ID without <>, sanitised.';
comment on column message.size is 'Bytes as they came; 0: refused before.';
comment on column message.score is '1/1000 logit, the sum of all hits.';
comment on column message.outcome is
	'The gravest of its recipients: delivered, tagged, redirected,
	quarantined, delayed, rejected, deferred, discarded.';
comment on column message.took_ms is 'From the end of DATA to the answer.';
comment on column message.record is
	'Everything as the filter wrote it (applets/lib/store/message.h).';
create index message_sender on message (sender, id);
create index message_relay on message (relay, id);
create index message_message_id on message (message_id);
create index message_queue_id on message (queue_id);

create table message_rcpt (
	id uuid not null,
	n int4 not null,
	rcpt text not null,
	outcome text not null,
	reason text not null,
	primary key (id, n)
) partition by range (id);
comment on table message_rcpt is 'One row a recipient of a message.';
comment on column message_rcpt.n is 'Its place in the envelope, from 0.';
comment on column message_rcpt.rcpt is 'Lower case, sanitised.';
comment on column message_rcpt.reason is 'Spam, Virus, …; or empty.';
create index message_rcpt_rcpt on message_rcpt (rcpt, id);

create table message_event (
	id uuid not null,
	key uuid not null,
	at timestamptz not null,
	who text not null,
	what text not null,
	detail text not null default '',
	primary key (id, key)
) partition by range (id);
comment on table message_event is
	'What became of a message later, by whom: its timeline.';
comment on column message_event.key is
	'Names the event, so that it can be written again.';
comment on column message_event.what is
	'released, forwarded, deleted, restored, approved, learnt as wanted, learnt
	as spam, unlearnt, sent, bounced, viewed';

-- --- the quarantine ---------------------------------------------------------
create table retention (
	class text primary key check (class ~ '^[a-z][a-z0-9]{0,19}$' and
		class not in ('rcpt', 'body', 'held', 'other')),
	days int4 not null check (days between 1 and 3650)
);
comment on table retention is
	'How long held mail is kept, by class. Partitions are made for each.';
insert into retention values ('standard', 30);

create table retention_reason (
	reason text primary key,
	class text not null references retention
);
comment on table retention_reason is
	'Reasons whose class is not "standard".';

create table log_retention (
	what text primary key,
	days int4 not null check (days between 1 and 3650)
);
comment on table log_retention is 'Days that the message log is kept.';
insert into log_retention values ('message', 93);

create table quarantine (
	class text not null,
	id uuid not null,
	appliance text not null,
	received timestamptz not null,
	relay inet,
	sender text not null,
	header_from text not null,
	subject text not null,
	reason text not null,
	size int8 not null,
	score int4 not null,
	probability int2 not null,
	open int4 not null,
	words int8[] not null,
	record bytea not null,
	primary key (class, id)
) partition by list (class);
comment on table quarantine is 'Mail that was withheld, one row a message.';
comment on column quarantine.class is
	'Retention class; "held": kept until somebody lets it go.';
comment on column quarantine.reason is 'The gravest of its recipients.';
comment on column quarantine.open is 'Recipients for whom it is still held.';
comment on column quarantine.words is
	'Keyed hashes of the words of its text (applets/lib/crypto/seal.h).';
comment on column quarantine.record is
	'Everything but the body (applets/lib/store/spool.h, spool_encode).';
create index quarantine_id on quarantine (id);
create index quarantine_sender on quarantine
	using gin ((sender || ' ' || header_from) gin_trgm_ops);
create index quarantine_subject on quarantine
	using gin (to_tsvector('simple', subject));
create index quarantine_words on quarantine using gin (words);
create index quarantine_reason on quarantine (reason, id);
create index quarantine_relay on quarantine (relay, id);
create index quarantine_score on quarantine (score, id);

create table quarantine_rcpt (
	class text not null,
	id uuid not null,
	n int4 not null,
	rcpt text not null,
	address bytea not null,
	reason text not null,
	state text not null default 'held'
		check (state in ('held', 'released', 'deleted')),
	changed timestamptz,
	changed_by text,
	primary key (class, id, n)
) partition by list (class);
comment on table quarantine_rcpt is 'One row a recipient of withheld mail.';
comment on column quarantine_rcpt.address is
	'As it stood in the envelope: where a release goes.';
create index quarantine_rcpt_id on quarantine_rcpt (id);
create index quarantine_rcpt_rcpt on quarantine_rcpt (rcpt, id);
create index quarantine_rcpt_part on quarantine_rcpt
	using gin (rcpt gin_trgm_ops);

create table quarantine_body (
	class text not null,
	id uuid not null,
	part int4 not null,
	sealed bytea not null,
	primary key (class, id, part)
) partition by list (class);
alter table quarantine_body alter column sealed set storage external;
comment on table quarantine_body is
	'The message: zstd, then sealed with a key that is not in here.';
comment on column quarantine_body.part is 'Pieces of 1 MiB, from 0.';
create index quarantine_body_id on quarantine_body (id);

-- --- jobs -------------------------------------------------------------------
create table job (
	key uuid primary key,
	kind text not null check (kind in ('release', 'forward')),
	message uuid not null,
	rcpts bytea[] not null,
	made timestamptz not null default now(),
	made_by text not null,
	not_before timestamptz not null default now(),
	state text not null default 'waiting' check (state in
		('waiting', 'leased', 'handed', 'failed', 'cancelled')),
	lease_until timestamptz,
	lease_by text,
	tries int4 not null default 0,
	error text not null default ''
);
comment on table job is
	'What people asked for and an injector carries out, each once.';
comment on column job.key is 'Made by who asks: asking again is one job.';
comment on column job.rcpts is 'Envelope recipients as bytes.';
comment on column job.not_before is 'Until then it can be undone.';
comment on column job.state is
	'handed: its copy is, or will be, in an injector''s spool. The commit
	that says so is the point after which it is never sent again.';
comment on column job.lease_by is 'Appliance and attempt.';
create index job_waiting on job (not_before) where state in ('waiting',
	'leased');
create index job_message on job (message);

-- --- counters ---------------------------------------------------------------
create table counter_5min (
	at timestamptz not null,
	appliance text not null,
	name text not null,
	n int8 not null,
	bytes int8 not null,
	rolled_n int8 not null default 0,
	rolled_bytes int8 not null default 0,
	primary key (at, appliance, name)
);
comment on column counter_5min.rolled_n is
	'How much of n the next coarser table has already; so with bytes.';
create table counter_hour (like counter_5min including all);
create table counter_day (like counter_5min including all);
comment on table counter_5min is
	'Recipients and bytes by outcome and by reason ("quarantined/Spam"), and
	messages whose DKIM signature a rule broke ("breaks-dkim/POLICY/RULE"),
	in the five minutes from at; 36 hours are kept.';
comment on table counter_hour is 'The same by the hour; 90 days are kept.';
comment on table counter_day is 'The same by the UTC day; two years are kept.';

-- --- lists ------------------------------------------------------------------
create table list (
	name text primary key check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
	about text not null default ''
);
comment on table list is 'Site lists by name, as policy names them.';

create table list_entry (
	list text not null references list on delete cascade,
	entry text not null,
	note text not null default '',
	made timestamptz not null default now(),
	made_by text not null,
	primary key (list, entry)
);
comment on table list_entry is
	'Entries in the form that etc/pm/lists has: address, domain, CIDR, glob.';

-- --- people -----------------------------------------------------------------
create table account (
	name text primary key check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
	password text not null,
	must_change bool not null default false,
	rights text[] not null,
	made timestamptz not null default now()
);
comment on table account is 'Administrators; their log-in and their rights.';
comment on column account.password is 'Argon2id, libsodium''s text form.';
comment on column account.rights is
	'"all", or areas: "quarantine", "quarantine.body", "log", "policy" …';

create table mailbox (
	address text primary key,
	person text not null,
	language text not null default '',
	seen timestamptz
);
comment on table mailbox is
	'Addresses and whose they are: one person may have several.';
create index mailbox_person on mailbox (person);

create table mail_group (
	name text primary key,
	parent text references mail_group,
	about text not null default ''
);
comment on table mail_group is
	'Groups of addresses and domains, a tree: lists and rights follow it.';
create table mail_group_member (
	name text not null references mail_group on delete cascade,
	member text not null,
	primary key (name, member)
);
comment on table mail_group_member is 'Who belongs to a group.';
comment on column mail_group_member.member is
	'Address, domain, or ".domain" for all below it.';
create table mail_group_admin (
	name text not null references mail_group on delete cascade,
	account text not null references account on delete cascade,
	rights text[] not null,
	primary key (name, account)
);
comment on table mail_group_admin is
	'Which accounts look after a group, with which rights in it.';

create sequence user_data_version;
create table user_data (
	owner text not null,
	kind text not null check (kind in ('approved', 'blocked', 'option',
		'alias')),
	key text not null,
	value text not null default '',
	gone bool not null default false,
	version int8 not null default nextval('user_data_version'),
	changed timestamptz not null default now(),
	changed_by text not null,
	primary key (owner, kind, key)
);
comment on table user_data is
	'What users and group administrators set. Appliances pull the rows whose
	version is newer than their own; a row that goes stays as gone.';
create index user_data_new on user_data (version);

create table feedback_clock (version int8 not null);
comment on table feedback_clock is
	'One row: the newest version of feedback. Its lock lets them become seen
	in their order.';
insert into feedback_clock values (0);
create table feedback (
	message uuid not null,
	who text not null,
	spam bool,
	version int8 not null,
	changed timestamptz not null default now(),
	primary key (message, who)
);
comment on table feedback is
	'What people say of withheld mail. Each filter pulls the rows whose
	version is newer than its own and learns them.';
comment on column feedback.who is
	'A user, whose say is bounded; empty: an administrator.';
comment on column feedback.spam is 'Null: what was said is taken back.';
create index feedback_new on feedback (version);

create table session (
	token bytea primary key,
	scope text not null check (scope in ('csm', 'enduser', 'groups')),
	who text not null,
	addresses text[] not null default '{}',
	rights text[] not null,
	must_change bool not null default false,
	csrf text not null,
	made timestamptz not null default now(),
	seen timestamptz not null default now(),
	ends timestamptz not null,
	peer text not null
);
comment on table session is 'Who is logged in, made by the login helper.';
comment on column session.token is 'SHA-256 of the cookie''s value.';
comment on column session.peer is 'Address that it was made from.';

create table audit (
	n int8 generated always as identity primary key,
	at timestamptz not null default now(),
	who text not null,
	via text not null,
	what text not null,
	detail text not null default ''
);
comment on table audit is 'Every change and every body that was read.';
comment on column audit.via is 'page, api, cli; and from where.';
create index audit_at on audit (at);

create table alarm (
	name text primary key,
	since timestamptz not null default now(),
	text text not null,
	means text not null,
	remedy text not null,
	cleared timestamptz
);
comment on table alarm is
	'What is wrong, what it means for mail, what to do; raised once.';

-- --- partitions -------------------------------------------------------------
create table message_other partition of message default;
create table message_rcpt_other partition of message_rcpt default;
create table message_event_other partition of message_event default;
create table quarantine_other partition of quarantine default;
create table quarantine_rcpt_other partition of quarantine_rcpt default;
create table quarantine_body_other partition of quarantine_body default;
create table quarantine_held partition of quarantine for values in ('held');
create table quarantine_rcpt_held partition of quarantine_rcpt
	for values in ('held');
create table quarantine_body_held partition of quarantine_body
	for values in ('held');

-- Rows that came before their partition lie in the DEFAULT one, and would
-- forbid it: they are put aside, and go where they belong.
create function partition_new(parent text, child text, bounds text,
	divided text, mine text) returns bool
language plpgsql as $$
declare
	aside bool;
begin
	if to_regclass('pm.' || quote_ident(child)) is not null then
		return false;
	end if;
	execute format('select exists (select from pm.%I where %s)',
		parent || '_other', mine) into aside;
	if aside then
		execute format('create temp table aside (like pm.%I)', parent);
		execute format('with gone as (delete from pm.%I where %s '
			'returning *) insert into aside select * from gone',
			parent || '_other', mine);
	end if;
	execute format('create table pm.%I partition of pm.%I for values %s %s',
		child, parent, bounds, divided);
	if divided <> '' then
		execute format('create table pm.%I partition of pm.%I default',
			child || '_other', child);
	end if;
	if aside then
		execute format('insert into pm.%I select * from aside', parent);
		drop table aside;
	end if;
	return true;
end $$;
comment on function partition_new is
	'Makes a partition, or nothing when it is there: bounds, "partition by"
	for one that is divided itself, the condition that its rows meet.';

create function partition_day(parent text, child text, day date) returns bool
language plpgsql as $$
declare
	low uuid := id_floor(day::timestamp at time zone 'UTC');
	high uuid := id_floor((day + 1)::timestamp at time zone 'UTC');
begin
	return partition_new(parent, child,
		format('from (%L) to (%L)', low, high), '',
		format('id >= %L and id < %L', low, high));
end $$;
comment on function partition_day is 'Makes one day''s partition; true: made.';

-- Whoever waits for a lock holds up those who come after: not for long.
create function partition_make(from_day date, to_day date) returns int4
language plpgsql set lock_timeout = '5s' as $$
declare
	made int4 := 0;
	day date;
	parent text;
	c text;
begin
	for c in select class from retention loop
		foreach parent in array array['quarantine', 'quarantine_rcpt',
		    'quarantine_body'] loop
			perform partition_new(parent, parent || '_' || c,
				format('in (%L)', c), 'partition by range (id)',
				format('class = %L', c));
		end loop;
	end loop;
	for day in select d::date from generate_series(from_day, to_day,
	    interval '1 day') d loop
		foreach parent in array array['message', 'message_rcpt',
		    'message_event'] loop
			made := made + partition_day(parent, parent || '_' ||
				to_char(day, 'YYYYMMDD'), day)::int4;
		end loop;
		for c in select class from retention loop
			foreach parent in array array['quarantine',
			    'quarantine_rcpt', 'quarantine_body'] loop
				made := made + partition_day(parent || '_' || c,
					parent || '_' || c || '_' ||
					to_char(day, 'YYYYMMDD'), day)::int4;
			end loop;
		end loop;
	end loop;
	return made;
end $$;
comment on function partition_make is
	'Makes the partitions of these days; how many were missing.';

-- What lies in a DEFAULT partition has an id of no sensible time: its age is
-- that of its receipt.
create function partition_sweep(parent text, class text, days int4, today date)
returns void
language plpgsql as $$
declare
	below text;
begin
	execute format('delete from pm.%I where received < %L and not exists '
		'(select from pm.job where message = id and state in '
		'(''waiting'', ''leased''))', parent || class || '_other',
		(today - days)::timestamp at time zone 'UTC');
	foreach below in array case parent when 'message'
	    then array['message_rcpt', 'message_event']
	    else array['quarantine_rcpt', 'quarantine_body'] end loop
		execute format('delete from pm.%I c where not exists '
			'(select from pm.%I p where p.id = c.id)',
			below || class || '_other', parent);
	end loop;
end $$;
comment on function partition_sweep is
	'Deletes from DEFAULT partitions what is older than its retention.';

-- What was released and waits for an injector is still to be sent. Who is
-- about to release something holds a lock: his job is seen after it. Locks in
-- the order that searches take them.
create function partition_awaited(parent text, child text, day date)
returns bool
language plpgsql as $$
begin
	if parent !~ '^quarantine' then
		return false;
	end if;
	execute format('lock table only pm.%I', parent);
	execute format('lock table only pm.%I', child);
	return exists (select from job where state in ('waiting', 'leased')
		and message >= id_floor(day::timestamp at time zone 'UTC')
		and message < id_floor((day + 1)::timestamp
		at time zone 'UTC'));
end $$;
comment on function partition_awaited is
	'Does a job wait for mail of this day of the quarantine?';

create function partition_drop(today date) returns int4
language plpgsql set lock_timeout = '5s' as $$
declare
	gone int4 := 0;
	parent text;
	child text;
	day date;
begin
	for parent, child, day in
		select p.relname, c.relname,
			to_date(right(c.relname, 8), 'YYYYMMDD')
		from pg_class c
		join pg_inherits i on i.inhrelid = c.oid
		join pg_class p on p.oid = i.inhparent
		join pg_namespace s on s.oid = c.relnamespace
		left join retention r on p.relname in ('quarantine_' || r.class,
			'quarantine_rcpt_' || r.class,
			'quarantine_body_' || r.class)
		where s.nspname = 'pm' and c.relname ~ '_[0-9]{8}$' and
			to_date(right(c.relname, 8), 'YYYYMMDD') < today -
			coalesce(r.days, (select days from log_retention
			where what = 'message'))
	loop
		continue when partition_awaited(parent, child, day);
		execute format('drop table pm.%I', child);
		gone := gone + 1;
	end loop;
	perform partition_sweep('message', '', days, today)
		from log_retention where what = 'message';
	perform partition_sweep('quarantine', '_' || class, days, today)
		from retention;
	return gone;
end $$;
comment on function partition_drop is
	'Drops what is older than its retention and awaited by no job; how many
	partitions.';

-- The open day goes without them: they would double what a row costs, and a
-- day alone is soon read through.
create function partition_index(today date) returns bool
language plpgsql set lock_timeout = '5s' as $$
declare
	child text;
	word text;
begin
	select c.relname, w.word into child, word
	from pg_class c
	join pg_namespace s on s.oid = c.relnamespace
	cross join lateral unnest(case
		when c.relname ~ '^message_[0-9]{8}$' then '{subject,sender}'
		when c.relname ~ '^message_rcpt_[0-9]{8}$' then '{rcpt}'
		end::text[]) as w(word)
	where s.nspname = 'pm' and c.relkind = 'r' and
		right(c.relname, 8) < to_char(today, 'YYYYMMDD') and
		to_regclass('pm.' || quote_ident(c.relname || '_' || w.word ||
		'_part')) is null
	order by c.relname desc
	limit 1;
	if child is null then
		return false;
	end if;
	execute format('create index %I on pm.%I using gin (%I gin_trgm_ops)',
		child || '_' || word || '_part', child, word);
	return true;
end $$;
comment on function partition_index is
	'Gives one day that is over an index for parts of its texts; false: all
	have theirs.';

create function like_part(text) returns text
language sql immutable strict parallel safe as $$
	select '%' || replace(replace(replace($1, '\', '\\'), '%', '\%'), '_',
		'\_') || '%'
$$;
comment on function like_part is 'The like pattern of a part, as it stands.';
grant execute on function like_part to pm_csm, pm_admin;

create function partition_strays() returns table (child text, n int8)
language plpgsql stable as $$
begin
	for child in
		select c.relname from pg_class c
		join pg_namespace s on s.oid = c.relnamespace
		where s.nspname = 'pm' and c.relkind = 'r' and
			pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT'
		order by c.relname
	loop
		execute format('select count(*) from (select from pm.%I '
			'limit 1000) x', child) into n;
		if n > 0 then
			return next;
		end if;
	end loop;
end $$;
comment on function partition_strays is
	'DEFAULT partitions that are not empty; rows up to 1000 are counted.';

create function partition_oldest() returns date
language plpgsql stable as $$
declare
	oldest date := current_date;
	first date;
	parent text;
	days int4;
begin
	for parent, days in
		select unnest(array['message', 'message_rcpt',
			'message_event']), l.days
		from log_retention l where what = 'message'
		union all
		select unnest(array['quarantine_', 'quarantine_rcpt_',
			'quarantine_body_']) || class, r.days
		from retention r
	loop
		continue when to_regclass('pm.' || quote_ident(parent ||
			'_other')) is null;
		execute format('select min(id_time(id) at time zone ''UTC'') '
			'from pm.%I where id >= %L and id < %L',
			parent || '_other', id_floor((current_date - days)
			::timestamp at time zone 'UTC'), id_floor(now()))
			into first;
		oldest := least(oldest, first);
	end loop;
	return oldest;
end $$;
comment on function partition_oldest is
	'From which day on a partition is missed: by rows in DEFAULT ones that
	are not older than their retention; else today.';

select partition_make(current_date - 1, current_date + 7);

-- --- rights -----------------------------------------------------------------
grant select, insert, update on message, message_rcpt, message_event,
	quarantine, quarantine_rcpt, quarantine_body, counter_5min, alarm
	to pm_recorder;
grant select on user_data, mail_group_member, feedback, feedback_clock
	to pm_recorder;
grant select on retention, retention_reason to pm_recorder, pm_csm, pm_admin;

grant select on quarantine, quarantine_rcpt, quarantine_body to pm_injector;
grant select, update on job to pm_injector;
grant select, insert, update on message_event to pm_injector;
grant select, insert, update on alarm to pm_injector;

grant select on message, message_rcpt, message_event, quarantine,
	quarantine_rcpt, quarantine_body, job, counter_5min, counter_hour,
	counter_day, list, list_entry, mailbox, mail_group,
	mail_group_member, user_data, alarm, audit, session, log_retention
	to pm_csm, pm_admin;
grant update on quarantine, quarantine_rcpt to pm_csm, pm_admin;
grant insert, update on job, message_event, user_data to pm_csm, pm_admin;
grant usage on sequence user_data_version to pm_csm, pm_admin;
grant select, insert, update on feedback, feedback_clock to pm_csm, pm_admin;
grant insert on audit to pm_csm, pm_admin, pm_login;
-- Not its token, name or rights: sessions are made by the log-in helper.
grant delete, update (seen) on session to pm_csm;
grant insert on quarantine, quarantine_rcpt, quarantine_body to pm_admin;

grant select, insert, update on account to pm_login;
grant select, insert, update, delete on session to pm_login;

grant execute on function id_floor, id_time to pm_recorder, pm_injector,
	pm_csm, pm_enduser, pm_groups, pm_admin;

-- An end user's pages see what is addressed to those whose session they were
-- handed: the key is the cookie itself, which only the user's browser has.
create function session_addresses() returns text[]
language sql stable security definer set search_path = pm, pg_temp as $$
	select coalesce((select addresses from session
		where token = sha256(convert_to(
			current_setting('pm.session', true), 'UTF8'))
		and scope = 'enduser' and ends > now()), '{}')
$$;
comment on function session_addresses is
	'Whose mail the session in the setting pm.session may see.';
grant execute on function session_addresses to pm_enduser;
grant select (class, id, n, rcpt, reason, state, changed, changed_by)
	on quarantine_rcpt to pm_enduser;
-- Not the record: it names the other recipients.
grant select (class, id, appliance, received, sender, header_from, subject,
	reason, size, score, probability) on quarantine to pm_enduser;
grant select on quarantine_body, message_rcpt to pm_enduser;
grant select (id, appliance, received, sender, subject, header_from, size,
	outcome) on message to pm_enduser;

alter table quarantine enable row level security;
alter table quarantine_rcpt enable row level security;
alter table quarantine_body enable row level security;
alter table message enable row level security;
alter table message_rcpt enable row level security;
create policy own on quarantine_rcpt for select to pm_enduser
	using (rcpt = any ((select session_addresses())::text[]));
create policy own on quarantine for select to pm_enduser
	using (exists (select 1 from quarantine_rcpt r
		where r.class = quarantine.class and r.id = quarantine.id));
create policy own on quarantine_body for select to pm_enduser
	using (exists (select 1 from quarantine_rcpt r
		where r.class = quarantine_body.class
		and r.id = quarantine_body.id));
create policy own on message_rcpt for select to pm_enduser
	using (rcpt = any ((select session_addresses())::text[]));
create policy own on message for select to pm_enduser
	using (exists (select 1 from message_rcpt r
		where r.id = message.id));
