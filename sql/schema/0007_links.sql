-- What people order by the links of their digests, each once.
set search_path = pm, public;

do $$
begin
	if to_regrole('pm_link') is null then
		create role pm_link login;
	end if;
end $$;
-- Whose mail it may touch is said by the ticket that the person holds, which
-- no database can read.
alter role pm_link bypassrls;
grant usage on schema pm to pm_link;

create table link_use (
	key uuid primary key,
	at timestamptz not null default now(),
	who text not null,
	what text not null,
	tries int4 not null default 0
);
comment on table link_use is
	'Tickets that were used (applets/lib/crypto/ticket.h): committed with
	what they ordered. Kept longer than any ticket is good.';
comment on column link_use.key is 'The ticket''s name.';
comment on column link_use.who is 'Whose it was.';
comment on column link_use.what is
	'released, deleted, digests off, digests on.';
comment on column link_use.tries is 'How often it was used after that.';

-- Not the record, the words, the body: it carries mail out, unseen.
grant select (class, id, received, sender, header_from, subject, size, open),
	update (open) on quarantine to pm_link;
grant select (class, id, n, rcpt, address, reason, state, changed, changed_by),
	update (state, changed, changed_by) on quarantine_rcpt to pm_link;
grant select (key, rcpts, made_by), insert, update (made_by)
	on job to pm_link;
grant select (id, key, at, who, what), insert, update (who)
	on message_event to pm_link;
grant select, insert, update on link_use, user_data to pm_link;
-- Answers to digests.
grant select, insert, update on link_use to pm_admin;
grant usage on sequence user_data_version to pm_link;
grant insert on audit to pm_link;
grant execute on function id_floor, id_time to pm_link;
