-- What mail servers' logs say of mail: connections, refusals, the queue, each
-- attempt to deliver. Joined to the message log by queue id and Message-ID.
set search_path = pm, public;

create table smtp_event (
	id uuid primary key,
	appliance text not null,
	at timestamptz not null,
	kind text not null,
	program text not null,
	pid int4 not null,
	queue_id text not null,
	next_id text not null,
	relay inet,
	relay_name text not null,
	helo text not null,
	sender text not null,
	rcpt text not null,
	message_id text not null,
	remote text not null,
	dsn text not null,
	reply text not null,
	size int8,
	delay_ms int8,
	line bytea not null
) partition by range (id);
comment on table smtp_event is
	'One row an event (and recipient) of a mail server''s log.';
comment on column smtp_event.id is
	'Shaped like a UUIDv7: the time that the log says, then the place of the
	line in it, then a hash of both and the line: read again it is the same.';
comment on column smtp_event.kind is
	'applets/lib/mail/maillog.h, enum maillog_kind.';
comment on column smtp_event.pid is
	'Of the server''s process: the events of one SMTP session share it.';
comment on column smtp_event.queue_id is 'Empty: it had none (yet).';
comment on column smtp_event.next_id is 'Queue id of a notice about it.';
comment on column smtp_event.relay is 'The client; null: not said.';
comment on column smtp_event.sender is 'Lower case; empty: none, or not said.';
comment on column smtp_event.rcpt is 'Lower case, sanitised.';
comment on column smtp_event.message_id is 'Message-ID without <>.';
comment on column smtp_event.remote is 'Who was to take it, "name[ip]:port".';
comment on column smtp_event.dsn is 'Enhanced status code (RFC 3463).';
comment on column smtp_event.reply is 'What the other side, or we, answered.';
comment on column smtp_event.size is 'Bytes; null: not said.';
comment on column smtp_event.delay_ms is
	'Since its arrival, in milliseconds; null: not said.';
comment on column smtp_event.line is 'The line as it stood in the log.';
-- Most lines have few of these: who searches says that his is not empty.
create index smtp_event_queue_id on smtp_event (queue_id, id)
	where queue_id <> '';
create index smtp_event_message_id on smtp_event (message_id, id)
	where message_id <> '';
create index smtp_event_relay on smtp_event (relay, id)
	where relay is not null;
create index smtp_event_sender on smtp_event (sender, id)
	where sender <> '';
create index smtp_event_rcpt on smtp_event (rcpt, id)
	where rcpt <> '';
create index smtp_event_refused on smtp_event (id)
	where queue_id = '' and kind in ('refused', 'answered');
create table smtp_event_other partition of smtp_event default;

create table smtp_log (
	appliance text not null,
	source uuid not null,
	at int8 not null,
	before bytea not null,
	changed timestamptz not null default now(),
	primary key (appliance, source)
);
comment on table smtp_log is
	'How far each log file was read; committed with what was read.';
comment on column smtp_log.source is
	'Hash of the file''s first line: it keeps it whatever it is called.';
comment on column smtp_log.at is 'Bytes.';
comment on column smtp_log.before is 'Hash of the last bytes before that.';

create or replace function partition_make(from_day date, to_day date) returns int4
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
		    'message_event', 'smtp_event'] loop
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

create or replace function partition_drop(today date) returns int4
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
	delete from smtp_event_other
	where at < (today - (select days from log_retention
		where what = 'message'))::timestamp at time zone 'UTC';
	perform partition_sweep('quarantine', '_' || class, days, today)
		from retention;
	return gone;
end $$;

create or replace function partition_oldest() returns date
language plpgsql stable as $$
declare
	oldest date := current_date;
	first date;
	parent text;
	days int4;
begin
	for parent, days in
		select unnest(array['message', 'message_rcpt',
			'message_event', 'smtp_event']), l.days
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

select partition_make(current_date - 1, current_date + 7);

grant select, insert, update on smtp_event, smtp_log to pm_recorder;
grant select on smtp_event to pm_csm, pm_admin;
