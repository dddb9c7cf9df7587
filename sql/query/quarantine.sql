-- The quarantine in the database (applets/lib/store/quarantine.h). Orders are
-- carried out in a transaction that begins with quarantine_lock: two at once
-- follow each other.
-- login: pm_csm pm_admin

-- name: quarantine_list
-- The newest first. $1 not before this id text, $2 before this id text, $3
-- rows int8; the rest null when it is not asked for: $4 held for anybody
-- bool, $5 pattern of a recipient in lower case text (one without a wildcard
-- is a whole address), $6 pattern of sender and From text, $7 words of the
-- subject text, $8 hashes of words int8[], $9 network of the relay text, $10
-- least score int8, $11 spellings of the reason text[], $12 numbers of marks
-- int8[], $13 a recipient is one of these text[], or like one of $14 text[]
-- plan: Function Scan on quarantine_newest
select q.id, q.appliance, q.sender, q.header_from, q.subject, q.reason,
	host(q.relay) as relay, q.size, q.score, q.probability, q.open,
	q.record, r.addresses, r.reasons, r.states
from quarantine_newest($1::text::uuid, $2::text::uuid, $3::int8, $4::bool,
	$5::text, $6::text, $7::text, $8::int8[], $9::text::inet, $10::int8,
	$11::text[], $12::int8[], $13::text[], $14::text[]) u
join quarantine q on q.class = u.class and q.id = u.id
left join lateral (
	select array_agg(x.address order by x.n) as addresses,
		array_agg(x.reason order by x.n) as reasons,
		array_agg(x.state order by x.n) as states
	from quarantine_rcpt x
	where x.class = q.class and x.id = q.id
) r on true
order by q.id desc;

-- name: quarantine_present
-- Those of some addresses for whom there is anything: of the others the planner
-- would expect as much as of anybody. $1, $2 as in quarantine_list, $3
-- addresses text[]
-- plan: quarantine_rcpt
select p.address
from unnest($3::text[]) p(address)
where exists (
	select from quarantine_rcpt x
	where x.rcpt = p.address and x.id >= $1::text::uuid
		and x.id < $2::text::uuid);

-- name: quarantine_get
-- One entry, as quarantine_list has it. $1 id text
-- plan: quarantine
select q.id, q.appliance, q.sender, q.header_from, q.subject, q.reason,
	host(q.relay) as relay, q.size, q.score, q.probability, q.open,
	q.record, r.addresses, r.reasons, r.states
from quarantine q
left join lateral (
	select array_agg(x.address order by x.n) as addresses,
		array_agg(x.reason order by x.n) as reasons,
		array_agg(x.state order by x.n) as states
	from quarantine_rcpt x
	where x.class = q.class and x.id = q.id
) r on true
where q.id = $1::text::uuid
limit 1;

-- name: quarantine_events
-- What became of a message. $1 id text
-- plan: message_event
select at, who, what, detail
from message_event
where id = $1::text::uuid
order by at, key;

-- name: quarantine_sealed
-- The pieces of its body. $1 id text
-- plan: quarantine_body
select sealed
from quarantine_body
where id = $1::text::uuid
order by class, part;

-- name: quarantine_undo
-- Takes back releases that were not sent yet, each as a whole, if one of
-- their recipients is asked for; says whom they had been held for before.
-- $1 class text, $2 message text, $3 n int8[]
with asked as (
	select array_agg(address) as addresses
	from quarantine_rcpt
	where class = $1::text and id = $2::text::uuid
		and n = any ($3::int8[])
), undone as (
	update job
	set state = 'cancelled'
	where message = $2::text::uuid and kind = 'release'
		and state in ('waiting', 'leased', 'failed')
		and rcpts && (select addresses from asked)
	returning made
)
select r.n
from quarantine_rcpt r
where r.class = $1::text and r.id = $2::text::uuid and r.state = 'released'
	and r.changed in (select made from undone)
order by r.n;

-- name: quarantine_learn
-- What somebody says of a message, for the filters to learn. $1 message text,
-- $2 who text (empty: an administrator), $3 spam bool
with clock as (
	update feedback_clock set version = version + 1 returning version
)
insert into feedback as f (message, who, spam, version)
select $1::text::uuid, $2::text, $3::bool, version from clock
on conflict (message, who) do update
set spam = excluded.spam, version = excluded.version, changed = now();

-- name: quarantine_unlearn
-- Takes back what somebody said, if he did. $1 message text, $2 who text
-- plan: feedback
with clock as (
	update feedback_clock set version = version + 1
	where exists (select from feedback where message = $1::text::uuid
		and who = $2::text and spam is not null)
	returning version
)
update feedback f
set spam = null, version = clock.version, changed = now()
from clock
where f.message = $1::text::uuid and f.who = $2::text
returning f.version;
