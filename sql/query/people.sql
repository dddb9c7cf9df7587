-- What people do with much held mail at once (store/quarantine_action.h), what
-- they ask for (store/quarantine_request.h), and how long it is kept
-- (store/retention.h).
-- login: pm_csm pm_admin

-- name: action_begin
-- $1 id text, $2 who text, $3 what text, $4 search text, $5 via text
with a as (
	insert into quarantine_action (id, who, what, search)
	values ($1::text::uuid, $2::text, $3::text, $4::text)
	on conflict (id) do update set who = excluded.who
)
insert into audit (who, via, what, detail)
values ($2::text, $5::text, 'quarantine: all found ' || $3::text,
	$1::text || ' ' || $4::text);

-- name: action_did
-- In the transaction of an order that had an effect. $1 action text, $2
-- message text, $3 key text
insert into quarantine_action_message (action, message, key)
values ($1::text::uuid, $2::text::uuid, $3::text::uuid)
on conflict (action, message) do update set key = excluded.key;

-- name: action_list
-- The newest first. $1 rows int8
select a.id::text as id, a.at as at_ms, a.who, a.what, a.search,
	a.undone as undone_ms, (select count(*) from quarantine_action_message m
	where m.action = a.id) as messages
from quarantine_action a
order by a.id desc
limit $1::int8;

-- name: action_get
-- $1 id text
select a.what, a.undone as undone_ms
from quarantine_action a
where a.id = $1::text::uuid;

-- name: action_page
-- Its messages by id, and those of their recipients who are still as it left
-- them. $1 action text, $2 after this message text, $3 rows int8
-- plan: quarantine_action_message
select m.message::text as message, array(
	select x.address
	from message_event e
	join quarantine_rcpt x on x.id = e.id and x.changed = e.at
	where e.id = m.message and e.key = m.key and x.state = a.what
	order by x.n) as addresses
from quarantine_action_message m
join quarantine_action a on a.id = m.action
where m.action = $1::text::uuid and m.message > $2::text::uuid
order by m.message
limit $3::int8;

-- name: action_undone
-- $1 id text
update quarantine_action set undone = coalesce(undone, now())
where id = $1::text::uuid;

-- name: request_put
-- Asks, again if it was denied; says how the request stands, and by what rule.
-- Nothing when he is no recipient. $1 message text, $2 recipient text, $3 who
-- text, $4 note text
with it as (
	select x.id, x.rcpt, x.state, coalesce(r.release, 'user') as rule
	from quarantine_rcpt x
	left join quarantine_rule r on r.reason = x.reason
	where x.id = $1::text::uuid and x.rcpt = lower($2::text)
	limit 1
), put as (
	insert into quarantine_request as q (message, rcpt, asked_by, note)
	select it.id, it.rcpt, $3::text, $4::text
	from it
	where it.rule = 'request' and it.state = 'held'
	on conflict (message, rcpt) do update set state = 'open',
		note = excluded.note,
		asked = case when q.state = 'open' then q.asked else now() end,
		asked_by = excluded.asked_by, decided = null, decided_by = '',
		answer = ''
	returning q.state
)
select it.rule, it.state, coalesce((select state from put), '') as request
from it;

-- name: request_settle
-- What somebody did to a message settles what was asked. $1 message text, $2
-- recipients text[], $3 "approved" or "denied" text, $4 who text, $5 answer
-- text
-- plan: quarantine_request
update quarantine_request
set state = $3::text, decided = now(), decided_by = $4::text,
	answer = $5::text
where message = $1::text::uuid and rcpt = any ($2::text[]) and state = 'open'
returning rcpt;

-- name: request_list
-- The oldest first; open ones, or ($1 bool) all, then the newest first. $2
-- rows int8
select r.message::text as message, r.rcpt, r.asked as asked_ms, r.asked_by,
	r.note, r.state, r.decided as decided_ms, r.decided_by, r.answer,
	coalesce(q.sender, '') as sender, coalesce(q.subject, '') as subject,
	coalesce(q.reason, '') as reason
from quarantine_request r
left join lateral (
	select left(q.sender, 320) as sender, left(q.subject, 300) as subject,
		left(q.reason, 100) as reason
	from quarantine q
	where q.id = r.message
	limit 1
) q on true
where $1::bool or r.state = 'open'
order by case when $1::bool then null else r.asked end, r.asked desc
limit $2::int8;

-- name: request_count
-- Open ones, up to a thousand.
select count(*) as n
from (select from quarantine_request where state = 'open' limit 1000) r;

-- name: held_class
-- Moves a message that its transaction has locked. $1 id text, $2 class text
-- (empty: that of its reason), $3 who text
with kept as (
	insert into kept_message (message, why, who)
	select $1::text::uuid, 'kept', $3::text
	where $2::text <> ''
	on conflict (message) do update set why = 'kept', who = excluded.who
), gone as (
	delete from kept_message
	where message = $1::text::uuid and $2::text = ''
)
select quarantine_class(array[$1::text::uuid], nullif($2::text, '')) as n;

-- name: hold_put
-- $1 address text, $2 last day text, $3 who text
with told as (
	insert into audit (who, via, what, detail)
	values ($3::text, 'cli', 'vacation hold', $1::text || ' until ' ||
		$2::text)
)
insert into vacation_hold (rcpt, until, who)
values (lower($1::text), $2::text::date, $3::text)
on conflict (rcpt) do update set until = excluded.until, who = excluded.who,
	made = now();

-- name: hold_end
-- No row: he was not away. $1 address text, $2 who text
with gone as (
	delete from vacation_hold where rcpt = lower($1::text)
	returning rcpt
)
insert into audit (who, via, what, detail)
select $2::text, 'cli', 'vacation hold ended', rcpt
from gone
returning detail;

-- name: hold_list
-- Who is away.
select rcpt, until::text as until, who
from vacation_hold
order by vacation_hold.until, rcpt
limit 1000;

-- name: retention_list
-- Classes, their days and reasons.
select r.class, r.days::int8 as days, coalesce((
	select string_agg(m.reason, ' ' order by m.reason)
	from retention_reason m where m.class = r.class), '') as reasons
from retention r
order by r.class;

-- name: retention_put
-- $1 class text, $2 days int8, $3 who text
-- login: pm_admin
with told as (
	insert into audit (who, via, what, detail)
	values ($3::text, 'cli', 'retention', $1::text || ' ' || $2::int8 ||
		' days')
)
insert into retention (class, days)
values ($1::text, $2::int8)
on conflict (class) do update set days = excluded.days;

-- name: reason_list
-- Every reason that has a rule or a class of its own, or had mail.
select n.reason, coalesce(m.class, 'standard') as class,
	coalesce(c.days, 0)::int8 as days, coalesce(u.release, 'user') as release
from (
	select reason from retention_reason
	union
	select reason from quarantine_rule
	union
	select substr(name, 13) from counter_day where name like 'quarantined/%'
) n
left join retention_reason m on m.reason = n.reason
left join retention c on c.class = coalesce(m.class, 'standard')
left join quarantine_rule u on u.reason = n.reason
order by n.reason;

-- name: reason_class
-- No row: there is no such class. $1 reason text, $2 class text, $3 who text
-- login: pm_admin
with set_ as (
	insert into retention_reason (reason, class)
	select $1::text, $2::text
	where $2::text = 'held'
		or exists (select from retention where class = $2::text)
	on conflict (reason) do update set class = excluded.class
	returning class
)
insert into audit (who, via, what, detail)
select $3::text, 'cli', 'retention', $1::text || ' is ' || class
from set_
returning detail;

-- name: reason_rule
-- $1 reason text, $2 rule text, $3 who text
-- login: pm_admin
with told as (
	insert into audit (who, via, what, detail)
	values ($3::text, 'cli', 'release rule', $1::text || ': ' || $2::text)
)
insert into quarantine_rule (reason, release)
values ($1::text, $2::text)
on conflict (reason) do update set release = excluded.release;
