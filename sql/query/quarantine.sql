-- The quarantine in the database (applets/lib/store/quarantine.h). Orders are
-- carried out in a transaction that begins with quarantine_lock: two at once
-- follow each other.
-- login: pm_csm pm_admin

-- name: quarantine_list
-- The newest first. $1 not before this id text, $2 before this id text, $3
-- rows int8; the rest null when it is not asked for: $4 held for anybody
-- bool, $5 not here: quarantine_list_of, $6 pattern of sender and From text,
-- $7 words of the subject text, $8 hashes of words int8[], $9 network of the
-- relay text, $10 least score int8, $11 spellings of the reason text[], $12
-- numbers of marks int8[]
select q.id, q.appliance, q.sender, q.header_from, q.subject, q.reason,
	host(q.relay) as relay, q.size, q.score, q.probability, q.open,
	q.record, r.addresses, r.reasons, r.states
from (
	select q.*
	from quarantine q
	where q.id >= $1::text::uuid and q.id < $2::text::uuid
		and ($4::bool is null or q.open > 0)
		and $5::text is null
		and ($6::text is null
			or q.sender || ' ' || q.header_from ilike $6)
		and ($7::text is null or to_tsvector('simple', q.subject)
			@@ plainto_tsquery('simple', $7))
		and ($8::int8[] is null or q.words @> $8)
		and ($9::text is null or q.relay <<= $9::inet)
		and ($10::int8 is null or q.score >= $10)
		and ($11::text[] is null or q.reason = any ($11))
		and ($12::int8[] is null or q.marks @> $12)
	order by q.id desc
	limit $3::int8
) q
left join lateral (
	select array_agg(x.address order by x.n) as addresses,
		array_agg(x.reason order by x.n) as reasons,
		array_agg(x.state order by x.n) as states
	from quarantine_rcpt x
	where x.class = q.class and x.id = q.id
) r on true
order by q.id desc;

-- name: quarantine_list_of
-- The same with a recipient like $5, a pattern in lower case (one without a
-- wildcard is a whole address), or who is one of $13 text[] or like one of $14
-- text[]; null: anybody.
-- plan: quarantine_rcpt
select q.id, q.appliance, q.sender, q.header_from, q.subject, q.reason,
	host(q.relay) as relay, q.size, q.score, q.probability, q.open,
	q.record, r.addresses, r.reasons, r.states
from (
	select q.*
	from quarantine q
	where q.id >= $1::text::uuid and q.id < $2::text::uuid
		and ($4::bool is null or q.open > 0)
		and exists (
			select from quarantine_rcpt x
			where x.class = q.class and x.id = q.id
				and ($5::text is null or x.rcpt like $5)
				and ($13::text[] is null
					or x.rcpt = any ($13)
					or x.rcpt like any ($14::text[]))
				and x.id >= $1::text::uuid
				and x.id < $2::text::uuid)
		and ($6::text is null
			or q.sender || ' ' || q.header_from ilike $6)
		and ($7::text is null or to_tsvector('simple', q.subject)
			@@ plainto_tsquery('simple', $7))
		and ($8::int8[] is null or q.words @> $8)
		and ($9::text is null or q.relay <<= $9::inet)
		and ($10::int8 is null or q.score >= $10)
		and ($11::text[] is null or q.reason = any ($11))
		and ($12::int8[] is null or q.marks @> $12)
	order by q.id desc
	limit $3::int8
) q
left join lateral (
	select array_agg(x.address order by x.n) as addresses,
		array_agg(x.reason order by x.n) as reasons,
		array_agg(x.state order by x.n) as states
	from quarantine_rcpt x
	where x.class = q.class and x.id = q.id
) r on true
order by q.id desc;

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
