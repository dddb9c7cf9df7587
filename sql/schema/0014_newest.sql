-- The newest of the message log by what is in it, day by day: a page is found
-- before the planner would have looked at a month.
set search_path = pm, public;

-- As 0012 has it for addresses: the day that is not over is searched, too.
-- Days that are over have theirs, which become parts of this one.
create index message_subject_part on message using gin (subject gin_trgm_ops);
drop function partition_index;

-- Of one day the planner's guess decides between its index and reading from
-- the end; of many at once it believes that fifty rows come soon, and reads
-- millions in which there are none.
-- Where one day at a time ends: what is older is in DEFAULT partitions.
create function oldest_day(prefix text) returns uuid
language sql stable as $$
	select coalesce(id_floor(to_date(min(right(c.relname, 8)), 'YYYYMMDD')
		::timestamp at time zone 'UTC'),
		'ffffffff-ffff-ffff-ffff-ffffffffffff')
	from pg_class c
	join pg_namespace s on s.oid = c.relnamespace
	where s.nspname = 'pm' and c.relkind = 'r'
		and c.relname like prefix || '\_%'
		and c.relname ~ ('^' || prefix || '_([a-z][a-z0-9]*_)?[0-9]{8}$')
$$;
comment on function oldest_day is
	'The least id of the oldest day that a table has partitions of.';

-- From which id a search looks, in one step, that has come down to `till`.
create function day_below(till uuid, low uuid, first uuid) returns uuid
language sql stable as $$
	select greatest(low, case
		when till <= first then low
		when till > id_floor(now() + interval '2 days') then
			id_floor(date_trunc('day', now() + interval '1 day',
			'UTC'))
		else id_floor(date_trunc('day', id_time(till) -
			interval '1 ms', 'UTC')) end)
$$;
comment on function day_below is
	'The begin of the day that ends at an id; of what is later than tomorrow,
	by a clock that is wrong, tomorrow''s; of what is older than the first
	day, all.';

create function mail_newest(low uuid, high uuid, wanted int8,
	only_outcome text, part text, people text[], patterns text[])
returns setof uuid
language plpgsql stable rows 50
set plan_cache_mode = force_custom_plan as $$
declare
	till uuid := high;
	first uuid := oldest_day('message');
	since uuid;
	n int8;
	many bool := cardinality(people) > 2000;
	likes bool := cardinality(patterns) > 0;
begin
	while wanted > 0 and till > low loop
		since := day_below(till, low, first);
		if people is null then
			return query select m.id
			from message m
			where m.id >= since and m.id < till
				and (only_outcome = ''
					or m.outcome = only_outcome)
				and (part is null or m.subject ilike part)
			order by m.id desc
			limit wanted;
		else
			return query select m.id
			from (
				select y.id
				from unnest(people) p(address), lateral (
					select s.id from message s
					where s.sender = p.address
						and s.id >= since and s.id < till
						and (only_outcome = ''
						or s.outcome = only_outcome)
						and (part is null
						or s.subject ilike part)
					order by s.id desc
					limit wanted) y
				where not many
				union
				select y.id
				from unnest(people) p(address), lateral (
					select x.id from message_rcpt x
					where x.rcpt = p.address
						and x.id >= since and x.id < till
						and (only_outcome = ''
						and part is null or exists (
						select from message s
						where s.id = x.id
						and (only_outcome = ''
						or s.outcome = only_outcome)
						and (part is null
						or s.subject ilike part)))
					order by x.id desc
					limit wanted) y
				where not many
				union
				(select s.id from message s
				where (likes or many)
					and s.id >= since and s.id < till
					and (likes and s.sender like any (patterns)
						or many and s.sender = any (people))
					and (only_outcome = ''
						or s.outcome = only_outcome)
					and (part is null
						or s.subject ilike part)
				order by s.id desc
				limit wanted)
				union
				(select x.id from message_rcpt x
				join message s on s.id = x.id
				where (likes or many)
					and x.id >= since and x.id < till
					and s.id >= since and s.id < till
					and (likes and x.rcpt like any (patterns)
						or many and x.rcpt = any (people))
					and (only_outcome = ''
						or s.outcome = only_outcome)
					and (part is null
						or s.subject ilike part)
				group by x.id
				order by x.id desc
				limit wanted)
			) m
			order by m.id desc
			limit wanted;
		end if;
		get diagnostics n = row_count;
		wanted := wanted - n;
		till := since;
	end loop;
end $$;
comment on function mail_newest is
	'The newest messages from one id to before another, at most so many: of an
	outcome ('''': any), with a subject like a pattern (null: any), from or to
	one of some addresses or who is like one of some patterns (null: anybody).';

create function quarantine_newest(low uuid, high uuid, wanted int8, held bool,
	to_pattern text, from_pattern text, in_subject text, hashes int8[],
	network inet, least_score int8, reasons text[], has_marks int8[],
	people text[], patterns text[])
returns table (class text, id uuid)
language plpgsql stable rows 50
set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
	first uuid := oldest_day('quarantine');
	till uuid := high;
	since uuid;
	n int8;
begin
	while wanted > 0 and till > low loop
		since := day_below(till, low, first);
		if to_pattern is null and people is null then
			return query select q.class, q.id
			from quarantine q
			where q.id >= since and q.id < till
				and (held is null or q.open > 0)
				and (from_pattern is null or q.sender || ' ' ||
					q.header_from ilike from_pattern)
				and (in_subject is null
					or to_tsvector('simple', q.subject)
					@@ plainto_tsquery('simple', in_subject))
				and (hashes is null or q.words @> hashes)
				and (network is null or q.relay <<= network)
				and (least_score is null
					or q.score >= least_score)
				and (reasons is null or q.reason = any (reasons))
				and (has_marks is null or q.marks @> has_marks)
			order by q.id desc
			limit wanted;
		elsif people is null or cardinality(patterns) > 0 then
			return query select q.class, q.id
			from quarantine q
			where q.id >= since and q.id < till
				and (held is null or q.open > 0)
				and (from_pattern is null or q.sender || ' ' ||
					q.header_from ilike from_pattern)
				and (in_subject is null
					or to_tsvector('simple', q.subject)
					@@ plainto_tsquery('simple', in_subject))
				and (hashes is null or q.words @> hashes)
				and (network is null or q.relay <<= network)
				and (least_score is null
					or q.score >= least_score)
				and (reasons is null or q.reason = any (reasons))
				and (has_marks is null or q.marks @> has_marks)
				and exists (select from quarantine_rcpt x
				where x.class = q.class and x.id = q.id
					and x.id >= since and x.id < till
					and (to_pattern is null
						or x.rcpt like to_pattern)
					and (people is null
						or x.rcpt = any (people)
						or x.rcpt like any (patterns)))
			order by q.id desc
			limit wanted;
		else
			-- One look for each: their number is no guess.
			return query select q.class, q.id
			from (
				select distinct y.id, y.class
				from unnest(people) p(address), lateral (
					select x.class, x.id
					from quarantine_rcpt x
					where x.rcpt = p.address
						and x.id >= since and x.id < till
						and (to_pattern is null
						or x.rcpt like to_pattern)
					offset 0) y
				order by y.id desc, y.class
			) f
			join quarantine q on q.class = f.class and q.id = f.id
			where q.id >= since and q.id < till
				and (held is null or q.open > 0)
				and (from_pattern is null or q.sender || ' ' ||
					q.header_from ilike from_pattern)
				and (in_subject is null
					or to_tsvector('simple', q.subject)
					@@ plainto_tsquery('simple', in_subject))
				and (hashes is null or q.words @> hashes)
				and (network is null or q.relay <<= network)
				and (least_score is null
					or q.score >= least_score)
				and (reasons is null or q.reason = any (reasons))
				and (has_marks is null or q.marks @> has_marks)
			order by f.id desc
			limit wanted;
		end if;
		get diagnostics n = row_count;
		wanted := wanted - n;
		till := since;
	end loop;
end $$;
comment on function quarantine_newest is
	'The newest of the quarantine from one id to before another, at most so
	many: what the statement quarantine_list says; each null: any.';
grant execute on function oldest_day, day_below, mail_newest,
	quarantine_newest to pm_csm, pm_admin;
