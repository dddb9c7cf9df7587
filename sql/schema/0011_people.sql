-- What people do with much held mail at once, what they ask for and may not
-- do themselves, and what is kept beyond its retention.
set search_path = pm, public;

-- --- many at once ---------------------------------------------------------------
create table quarantine_action (
	id uuid primary key,
	at timestamptz not null default now(),
	who text not null,
	what text not null check (what in ('released', 'deleted', 'kept',
		'unkept')),
	search text not null,
	undone timestamptz
);
comment on table quarantine_action is
	'One order for all that a search found.';
comment on column quarantine_action.id is 'UUIDv7: the newest are the greatest.';
comment on column quarantine_action.search is 'The options, as they were typed.';
comment on column quarantine_action.undone is 'When somebody first took it back.';

create table quarantine_action_message (
	action uuid not null references quarantine_action on delete cascade,
	message uuid not null,
	key uuid not null,
	primary key (action, message)
);
comment on table quarantine_action_message is
	'What an action had an effect for, written with that.';
comment on column quarantine_action_message.key is
	'Of its order, as in message_event: the recipients whose row changed when
	that event happened are those it was for.';

-- --- asking ---------------------------------------------------------------------
create table quarantine_rule (
	reason text primary key,
	release text not null check (release in ('user', 'request', 'nobody'))
);
comment on table quarantine_rule is
	'Who may let mail go that was withheld for a reason. Without a row: user.';
comment on column quarantine_rule.release is
	'user: whoever it is for; request: he asks, an administrator decides;
	nobody: an administrator only, and asking is refused.';
insert into quarantine_rule values ('Virus', 'nobody'), ('Offensive', 'request'),
	('Unscannable', 'request'), ('Blocked', 'request');

create table quarantine_request (
	message uuid not null,
	rcpt text not null,
	asked timestamptz not null default now(),
	asked_by text not null,
	note text not null,
	state text not null default 'open' check (state in ('open', 'approved',
		'denied')),
	decided timestamptz,
	decided_by text not null default '',
	answer text not null default '',
	primary key (message, rcpt)
);
comment on table quarantine_request is
	'Who asks that a message be let go to him. It goes with the message.';
comment on column quarantine_request.rcpt is 'Lower case, as quarantine_rcpt.';
comment on column quarantine_request.state is
	'Any release to him approves it; deleting it for him denies it.';
comment on column quarantine_request.answer is 'For who asked.';
create index quarantine_request_open on quarantine_request (asked)
	where state = 'open';

-- --- kept -----------------------------------------------------------------------
alter table retention_reason drop constraint retention_reason_class_fkey;
comment on column retention_reason.class is
	'Of retention; or "held": such mail is an archive, nothing ends it.';

create table kept_message (
	message uuid primary key,
	why text not null check (why in ('kept', 'hold')),
	who text not null,
	at timestamptz not null default now()
);
comment on table kept_message is
	'Mail of the class "held", which no retention ends.';
comment on column kept_message.why is
	'kept: somebody said so; hold: one of its recipients is away.';

create table vacation_hold (
	rcpt text primary key,
	until date not null,
	who text not null,
	made timestamptz not null default now()
);
comment on table vacation_hold is
	'People who are away: their held mail waits for them.';
comment on column vacation_hold.until is
	'The last day; their mail is kept a week longer.';

-- Rows whose day is about to go move to "held"; those of people who are back
-- move to where retention finds them.
create function quarantine_hold_keep(today date) returns int8
language plpgsql set lock_timeout = '5s' as $$
declare
	n int8;
	moved uuid[];
begin
	delete from vacation_hold where until < today - 7;
	select coalesce(array_agg(distinct x.id), '{}') into moved
	from vacation_hold h
	join quarantine_rcpt x on x.rcpt = h.rcpt and x.state = 'held'
		and x.class <> 'held'
		and x.id < id_floor((today - (select min(days) from retention)
			+ 2)::timestamp at time zone 'UTC')
	join retention r on r.class = x.class
	where x.id < id_floor((today - r.days + 2)::timestamp
		at time zone 'UTC');
	perform quarantine_class(moved, 'held');
	insert into kept_message (message, why, who)
	select unnest(moved), 'hold', 'vacation hold'
	on conflict (message) do nothing;
	n := cardinality(moved);
	select coalesce(array_agg(k.message), '{}') into moved
	from kept_message k
	where k.why = 'hold' and not exists (select from quarantine_rcpt x
		join vacation_hold h on h.rcpt = x.rcpt
		where x.id = k.message);
	perform quarantine_class(moved, null);
	delete from kept_message where message = any (moved);
	return n;
end $$;
comment on function quarantine_hold_keep is
	'Keeps what would go today or tomorrow for those who are away, and lets go
	what was kept for those who are back; how many messages are newly kept.';

create function quarantine_class(ids uuid[], to_class text) returns int8
language plpgsql as $$
declare
	n int8;
begin
	with new as (
		select q.class, q.id, coalesce(to_class, (select r.class
			from retention_reason r where r.reason = q.reason),
			'standard') as to_class
		from quarantine q
		where q.id = any (ids)
	), bodies as (
		update quarantine_body b set class = new.to_class
		from new where b.id = new.id and b.class = new.class
			and b.class <> new.to_class
	), people as (
		update quarantine_rcpt x set class = new.to_class
		from new where x.id = new.id and x.class = new.class
			and x.class <> new.to_class
	)
	update quarantine q set class = new.to_class
	from new where q.id = new.id and q.class = new.class
		and q.class <> new.to_class;
	get diagnostics n = row_count;
	return n;
end $$;
comment on function quarantine_class is
	'Moves messages to a class, or (null) to the one of their reason: how many
	moved.';

-- --- rights ---------------------------------------------------------------------
grant select, insert, update on quarantine_action, quarantine_action_message,
	quarantine_request, kept_message, vacation_hold to pm_csm, pm_admin;
grant delete on kept_message, vacation_hold to pm_csm, pm_admin;
grant select on quarantine_rule to pm_csm, pm_admin, pm_link;
grant insert, update on quarantine_rule, retention, retention_reason
	to pm_admin;
grant select (message, rcpt, state), update (state, decided, decided_by, answer)
	on quarantine_request to pm_link;
grant update (class) on quarantine_body to pm_csm, pm_admin;
grant select on quarantine_body to pm_csm, pm_admin;
grant execute on function quarantine_class to pm_csm, pm_admin;
