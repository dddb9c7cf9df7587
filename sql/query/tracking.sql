-- What the log reader writes, and how what became of mail is found.
-- login: pm_recorder

-- name: smtp_places
-- How far the logs of an appliance were read. $1 appliance text
select source::text as source, at, before
from smtp_log
where appliance = $1::text;

-- name: smtp_place
-- How far a log was read. $1 appliance text, $2 source text, $3 at int, $4
-- before bytes
insert into smtp_log (appliance, source, at, before)
values ($1::text, $2::text::uuid, $3::int8, $4::bytea)
on conflict (appliance, source) do update
set at = excluded.at, before = excluded.before, changed = now();

-- name: smtp_events
-- What was read; again it is the same rows. $1 appliance text, $2 id text[],
-- $3 at int[] in ms since 1970, $4 kind text[], $5 program text[], $6 pid
-- int[], $7 queue_id text[], $8 next_id text[], $9 relay text[] (null: not
-- said), $10 relay_name text[], $11 helo text[], $12 sender text[], $13 rcpt
-- text[], $14 message_id text[], $15 remote text[], $16 dsn text[], $17 reply
-- text[], $18 size int[] (-1: not said), $19 delay_ms int[] (so, too), $20
-- line bytes[]
insert into smtp_event (id, appliance, at, kind, program, pid, queue_id,
	next_id, relay, relay_name, helo, sender, rcpt, message_id, remote,
	dsn, reply, size, delay_ms, line)
select id::uuid, $1::text, to_timestamp(at / 1000.0), kind, program, pid,
	queue_id, next_id, relay::inet, relay_name, helo, sender, rcpt,
	message_id, remote, dsn, reply, nullif(size, -1),
	nullif(delay_ms, -1), line
from unnest($2::text[], $3::int8[], $4::text[], $5::text[], $6::int8[],
	$7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
	$12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
	$17::text[], $18::int8[], $19::int8[], $20::bytea[])
	as g(id, at, kind, program, pid, queue_id, next_id, relay, relay_name,
	helo, sender, rcpt, message_id, remote, dsn, reply, size, delay_ms,
	line)
on conflict (id) do update set kind = excluded.kind;

-- name: track_find
-- What a name may mean: an id, a queue id or a Message-ID (without <>). Of
-- messages that no filter judged, the id is that of their first event. $1
-- text, $2 rows int
-- login: pm_csm pm_admin
with mine as (
	select m.id
	from message m
	where m.message_id = $1::text or m.queue_id = $1::text
	order by m.id desc
	limit $2::int8
), bare as (
	select distinct on (e.queue_id) e.id, e.appliance, e.queue_id,
		e.message_id
	from (
		select id, appliance, queue_id, message_id, at, kind
		from smtp_event
		where queue_id = $1::text and queue_id <> ''
		union all
		select id, appliance, queue_id, message_id, at, kind
		from smtp_event
		where message_id = $1::text and message_id <> ''
		union all
		select id, appliance, queue_id, message_id, at, kind
		from smtp_event
		where id = case when $1::text ~ '^[0-9a-f-]{36}$'
			then nullif($1::text, '')::uuid end
	) e
	where e.queue_id <> ''
		and not exists (select from mine)
		and not exists (select from message m
			where m.queue_id = e.queue_id)
	order by e.queue_id, e.id
	limit $2::int8
)
select m.id::text as id, m.received as at_ms, m.appliance, m.sender,
	m.subject, m.queue_id, m.message_id, host(m.relay) as relay,
	true as judged, m.record
from message m
where m.id in (select id from mine
	union select case when $1::text ~ '^[0-9a-f-]{36}$'
		then nullif($1::text, '')::uuid end)
union all
select b.id::text, id_time(b.id), b.appliance, '', '', b.queue_id,
	coalesce((select n.message_id from smtp_event n
		where n.queue_id = b.queue_id and n.queue_id <> ''
		and n.message_id <> '' order by n.id limit 1), ''),
	'', false, ''
from bare b
order by id desc;

-- name: track_timeline
-- All that became of a message, from the first connection to the last
-- delivery: events of the mail server under its queue id, under those of its
-- re-injected copies (the same Message-ID, and no filter judged them) and of
-- notices about it; its session; the judgement; what people did. $1 id text,
-- $2 appliance text, $3 queue id text, $4 Message-ID text, $5 relay text, $6
-- received int in ms since 1970, $7 rows int
-- login: pm_csm pm_admin
-- plan: smtp_event
with recursive own (queue_id, low) as (
	(
		select $3::text, id_floor(to_timestamp($6::int8 / 1000.0)
			- interval '1 hour')
		where $3::text <> ''
		union
		select e.queue_id, id_floor(e.at - interval '1 hour')
		from smtp_event e
		where e.message_id = $4::text and e.message_id <> ''
			and e.queue_id <> '' and e.queue_id <> $3::text
			and e.id >= id_floor(to_timestamp($6::int8 / 1000.0)
				- interval '1 hour')
			and not exists (select from message m
				where m.queue_id = e.queue_id
				and m.message_id = $4::text)
	)
	union
	select e.next_id, id_floor(e.at - interval '1 minute')
	from own o
	join smtp_event e on e.queue_id = o.queue_id and e.id >= o.low
	where e.queue_id <> '' and e.next_id <> '' and e.kind = 'notified'
), mine as (
	select distinct on (e.id) e.*
	from own o
	join smtp_event e on e.queue_id = o.queue_id and e.id >= o.low
	where e.queue_id <> ''
		and e.id <= coalesce((select r.id from smtp_event r
			where r.queue_id = o.queue_id and r.queue_id <> ''
			and r.id >= o.low and r.kind = 'removed'
			order by r.id limit 1),
			'ffffffff-ffff-ffff-ffff-ffffffffffff')
	order by e.id
	limit $7::int8
), opened (appliance, pid, relay, low) as (
	select distinct c.appliance, c.pid, c.relay, c.id
	from mine e
	join lateral (
		select s.appliance, s.pid, s.relay, s.id
		from smtp_event s
		where s.relay = e.relay and s.relay is not null
			and s.pid = e.pid and s.appliance = e.appliance
			and s.kind = 'connect' and s.id <= e.id
			and s.id >= id_floor(e.at - interval '1 hour')
		order by s.id desc
		limit 1
	) c on true
	where e.kind = 'accepted'
	union
	(select s.appliance, s.pid, s.relay, s.id
	from smtp_event s
	where $3::text = '' and s.relay = nullif($5::text, '')::inet
		and s.relay is not null and s.kind = 'connect'
		and s.appliance = $2::text
		and s.id <= id_floor(to_timestamp($6::int8 / 1000.0)
			+ interval '1 second')
		and s.id >= id_floor(to_timestamp($6::int8 / 1000.0)
			- interval '10 minutes')
	order by s.id desc
	limit 1)
), around as (
	select e.*
	from opened o
	join smtp_event e on e.relay = o.relay and e.relay is not null
		and e.pid = o.pid and e.appliance = o.appliance
		and e.queue_id = '' and e.id >= o.low
		and e.id < coalesce((select n.id from smtp_event n
			where n.relay = o.relay and n.relay is not null
			and n.pid = o.pid and n.appliance = o.appliance
			and n.kind = 'connect' and n.id > o.low
			order by n.id limit 1),
			id_floor(id_time(o.low) + interval '1 hour'))
	limit $7::int8
), said as (
	select e.*, case when e.relay_name <> '' then e.relay_name ||
		coalesce(' [' || host(e.relay) || ']', '')
		else coalesce('[' || host(e.relay) || ']', 'an unknown host')
		end as who,
		case when e.remote in ('', 'none') then ''
		else ' at ' || e.remote end as place
	from (select * from mine union select * from around) e
)
select t.at as at_ms, t.kind, t.text, t.who, t.queue_id,
	encode(t.line, 'escape') as line, t.final
from (
	select e.at, e.id, e.kind, e.program as who, e.queue_id, e.line,
		case e.kind
		when 'connect' then e.who || ' connected'
		when 'lost' then e.who || ': ' || e.reply
		when 'disconnect' then e.who || ' disconnected'
		when 'refused' then 'refused ' || case when e.rcpt <> '' then
			e.rcpt || ' from ' else '' end || e.who || ': ' ||
			e.reply
		when 'answered' then 'the filter''s answer to ' || e.who ||
			case when e.rcpt <> '' then ', for ' || e.rcpt
			else '' end || ': ' || e.reply
		when 'discarded' then 'taken, and not delivered: ' || e.reply
		when 'held' then 'held in the queue: ' || e.reply
		when 'accepted' then 'came from ' || case when e.relay is null
			then 'this host' else e.who end || ' under queue id '
			|| e.queue_id
		when 'named' then 'Message-ID ' || e.message_id
		when 'queued' then 'in the queue, from ' ||
			case when e.sender = '' then 'nobody (a notice)'
			else e.sender end || coalesce(', ' || e.size ||
			' bytes', '')
		when 'delivered' then 'delivered to ' || e.rcpt || e.place ||
			': ' || e.reply
		when 'deferred' then 'not delivered yet to ' || e.rcpt ||
			e.place || ': ' || e.reply
		when 'bounced' then 'could not be delivered to ' || e.rcpt ||
			e.place || ': ' || e.reply
		when 'expired' then 'given up after its time in the queue: ' ||
			e.reply
		when 'notified' then e.reply || ', under queue id ' || e.next_id
		when 'removed' then 'left the queue'
		else e.kind end as text,
		case when e.kind in ('connect', 'accepted') then 0
		when e.kind in ('named', 'refused', 'answered', 'lost',
			'discarded', 'held') then 1
		when e.kind = 'disconnect' then 3 else 2 end as stage,
		e.kind in ('delivered', 'deferred', 'bounced', 'expired')
			and not exists (
			select from mine l where l.rcpt = e.rcpt
			and l.kind in ('delivered', 'deferred', 'bounced',
			'expired') and l.id > e.id) as final
	from said e
	union all
	select m.received, m.id, 'judged', '', m.queue_id, '',
		'judged in ' || m.took_ms || ' ms: ' || m.outcome ||
		'; spam with a probability of ' || m.probability || ' %', 1,
		false
	from message m
	where m.id = nullif($1::text, '')::uuid
	union all
	select v.at, v.key, 'done', v.who, '', '', v.what ||
		case when v.who <> '' then ' by ' || v.who else '' end ||
		case when v.detail <> '' then ': ' || v.detail else '' end, 2,
		false
	from message_event v
	where v.id = nullif($1::text, '')::uuid
) t
order by date_trunc('second', t.at), t.stage, t.at, t.id
limit $7::int8;

-- name: track_refused
-- SMTP sessions that were refused and never became a message: $1 not before,
-- ms int8, $2 before, ms int8 (0: any), $3 before this id text, $4 sender
-- text, $5 recipient text, $6 relay or network text (each empty: any), $7 rows
-- int8.
-- What a filter refused is in the message log, unless it was away.
-- login: pm_csm pm_admin
-- plan: smtp_event_22000102_id_idx
select e.id::text as id, e.at as at_ms, host(e.relay) as relay, e.relay_name,
	e.helo, e.sender, e.rcpt, e.reply, e.dsn, e.kind, e.appliance
from smtp_event e
where e.queue_id = '' and e.kind in ('refused', 'answered')
	and e.id >= id_floor(to_timestamp($1::int8 / 1000.0))
	and e.id < case when $2::int8 > 0 then
		id_floor(to_timestamp($2::int8 / 1000.0)) else
		'ffffffff-ffff-ffff-ffff-ffffffffffff' end
	and ($3::text = '' or e.id < nullif($3::text, '')::uuid)
	and ($4::text = '' or (e.sender = lower($4::text) and e.sender <> ''))
	and ($5::text = '' or (e.rcpt = lower($5::text) and e.rcpt <> ''))
	and ($6::text = '' or (e.relay <<= nullif($6::text, '')::inet
		and e.relay is not null))
	and (e.kind = 'refused' or not exists (select from message m
		where m.relay = e.relay
		and m.id >= id_floor(e.at - interval '1 minute')
		and m.id < id_floor(e.at + interval '1 minute')))
order by e.id desc
limit $7::int8;

-- name: track_relay
-- Messages from a host, the newest first. $1 not before, ms int8, $2 before,
-- ms int8 (0: any), $3 before this id text, $4 outcome text, $5 part of the
-- subject text, $6 relay text, $7 rows int8
-- login: pm_csm pm_admin
-- plan: relay
select m.id, m.received as at_ms, left(m.sender, 320)
	as sender, left(m.header_from, 200)
	as header_from, left(m.subject, 300) as subject, m.outcome, m.size,
	m.probability::int8 as probability, r.rcpts, r.nrcpts, r.reason
from message m
left join lateral (
	select array_agg(left(x.rcpt, 320) order by x.n) filter (where x.n < 2)
		as rcpts, count(*) as nrcpts, max(x.reason) as reason
	from message_rcpt x
	where x.id = m.id
) r on true
where m.relay = $6::text::inet
	and m.id >= id_floor(to_timestamp($1::int8 / 1000.0))
	and m.id < case when $2::int8 > 0 then
		id_floor(to_timestamp($2::int8 / 1000.0)) else
		'ffffffff-ffff-ffff-ffff-ffffffffffff' end
	and ($3::text = '' or m.id < nullif($3::text, '')::uuid)
	and ($4::text = '' or m.outcome = $4::text)
	and ($5::text = '' or m.subject ilike like_part($5::text))
order by m.id desc
limit $7::int8;

-- name: track_network
-- The same for a network of hosts, $6 text.
-- login: pm_csm pm_admin
-- plan: relay
select m.id, m.received as at_ms, left(m.sender, 320)
	as sender, left(m.header_from, 200)
	as header_from, left(m.subject, 300) as subject, m.outcome, m.size,
	m.probability::int8 as probability, r.rcpts, r.nrcpts, r.reason
from message m
left join lateral (
	select array_agg(left(x.rcpt, 320) order by x.n) filter (where x.n < 2)
		as rcpts, count(*) as nrcpts, max(x.reason) as reason
	from message_rcpt x
	where x.id = m.id
) r on true
where m.relay <<= $6::text::inet
	and m.id >= id_floor(to_timestamp($1::int8 / 1000.0))
	and m.id < case when $2::int8 > 0 then
		id_floor(to_timestamp($2::int8 / 1000.0)) else
		'ffffffff-ffff-ffff-ffff-ffffffffffff' end
	and ($3::text = '' or m.id < nullif($3::text, '')::uuid)
	and ($4::text = '' or m.outcome = $4::text)
	and ($5::text = '' or m.subject ilike like_part($5::text))
order by m.id desc
limit $7::int8;

-- name: track_bare
-- Mail that no filter judged: notices, digests, mail of the host itself; of
-- the newest 1000 that an address sent or was to have. $1 not before, ms int8,
-- $2 before, ms int8 (0: any), $3 before this id text, $4 sender text, $5
-- recipient text (one of the two is not empty), $6 rows int8. A copy of judged
-- mail has its Message-ID.
-- login: pm_csm pm_admin
-- plan: smtp_event
select k.id::text as id, k.at as at_ms, k.appliance, k.queue_id,
	coalesce((select q.sender from smtp_event q
		where q.queue_id = k.queue_id and q.queue_id <> ''
		and q.kind = 'queued' and q.id >= k.low and q.id <= k.high
		order by q.id desc limit 1), '') as sender,
	array(select distinct d.rcpt from smtp_event d
		where d.queue_id = k.queue_id and d.queue_id <> ''
		and d.rcpt <> '' and d.id >= k.low and d.id <= k.high
		order by d.rcpt limit 50) as rcpts,
	coalesce(n.message_id, '') as message_id,
	coalesce(l.kind, 'queued') as outcome, coalesce(l.reply, '') as reply
from (
	select e.id, e.at, e.appliance, e.queue_id,
		id_floor(e.at - interval '6 days') as low,
		id_floor(e.at + interval '6 days') as high
	from (
		(select e.id, e.at, e.appliance, e.queue_id
		from smtp_event e
		where $5::text = '' and e.sender = lower($4::text)
			and e.sender <> '' and e.kind = 'queued'
			and e.id >= id_floor(to_timestamp($1::int8 / 1000.0))
			and ($3::text = '' or e.id < nullif($3::text, '')::uuid)
		order by e.id desc
		limit 1000)
		union all
		(select e.id, e.at, e.appliance, e.queue_id
		from smtp_event e
		where e.rcpt = nullif(lower($5::text), '') and e.rcpt <> ''
			and e.kind in ('delivered', 'deferred', 'bounced')
			and e.id >= id_floor(to_timestamp($1::int8 / 1000.0))
			and ($3::text = '' or e.id < nullif($3::text, '')::uuid)
		order by e.id desc
		limit 1000)
	) e
	where e.queue_id <> ''
		and ($2::int8 = 0 or e.at < to_timestamp($2::int8 / 1000.0))
) k
left join lateral (
	select n.message_id
	from smtp_event n
	where n.queue_id = k.queue_id and n.queue_id <> ''
		and n.kind = 'named' and n.id >= k.low and n.id <= k.high
	order by n.id desc
	limit 1
) n on true
left join lateral (
	select d.kind, d.reply
	from smtp_event d
	where d.queue_id = k.queue_id and d.queue_id <> ''
		and d.kind in ('delivered', 'deferred', 'bounced', 'expired')
		and ($5::text = '' or d.rcpt = lower($5::text))
		and d.id >= k.low and d.id <= k.high
	order by d.id desc
	limit 1
) l on true
where not exists (select from smtp_event d
		where $5::text <> '' and d.queue_id = k.queue_id
		and d.queue_id <> '' and d.rcpt = lower($5::text)
		and d.kind in ('delivered', 'deferred', 'bounced')
		and d.id > k.id and d.id <= k.high)
	and not exists (select from message m
		where m.queue_id = k.queue_id and m.id >= k.low
		and m.id <= k.high)
	and not exists (select from message m
		where m.message_id = n.message_id and n.message_id <> ''
		and m.id >= k.low and m.id <= k.high)
order by k.id desc
limit $6::int8;

-- name: track_details
-- Of these messages, for those who look closer: $1 ids text[]
-- login: pm_csm pm_admin
select m.id::text as id, host(m.relay) as relay, m.queue_id, m.message_id,
	m.appliance, m.record
from message m
where m.id = any ($1::text[]::uuid[])
order by m.id desc;
