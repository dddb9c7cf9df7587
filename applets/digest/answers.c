/*
 * Answers to digests: mail to enduser.reply, which the filter keeps for us
 * whatever the policy is. Only a process in a sandbox reads it; what it says
 * is strangers' word. An answer is carried out when it has tickets of the very
 * person who wrote it, and when that is proved: DMARC passed for his domain,
 * or it came from our own networks and from nowhere else before. Whatever
 * it is, it is consumed; who is refused is told nothing.
 */
#include "digest.h"

#include <stdio.h>

#include "base/netaddr.h"
#include "engine/bundle.h"
#include "engine/facts_record.h"
#include "mail/address.h"
#include "store/personal.h"
#include "store/quarantine.h"
#include "tool/keeper.h"

enum { BATCH = 200, MESSAGE_ARENA = 512 << 20 };

struct answers {
	struct digest *d;
	struct quarantine q;
	struct tool tool;
	struct keeper keeper;
	uint64_t n, orders, refused;
};

static bool is_ours(const struct wiring *w, struct span relay)
{
	struct netaddr addr;
	struct cidr net;

	if (!netaddr_parse(relay, &addr))
		return false;
	for (size_t i = 0; i < w->nnetworks; i++)
		if (cidr_parse(span_of(w->networks[i]), &net) &&
		    cidr_contains(&net, &addr))
			return true;
	return false;
}

/* Is it sure that the author of From is who sent it? */
static bool is_proved(const struct answers *s,
	const struct quarantine_entry *entry, struct span author,
	struct arena *a)
{
	struct span domain = address_split(author).domain;
	struct facts_record f;

	if (!facts_get(entry->record.facts, a, &f))
		return false;
	if (f.auth.dmarc == AUTH_PASS && f.auth.checked & AUTH_DMARC)
		return domain.n && span_caseeq(f.auth.dmarc_domain, domain);
	return f.auth.checked && f.auth.relay.n == 0 &&
		is_ours(&s->d->w, entry->relay);
}

/* 1: done, 0: refused, -1: temporary. */
static int carry_out(struct answers *s, struct span text, struct span author,
	struct span relay, struct arena *a, struct err *e)
{
	const char *via = arena_printf(a, "answer %.*s", SPAN_FMT(relay));
	struct personal p;
	struct ticket t;

	if (ticket_read(s->d->tickets, text, TICKET_REPLY, author,
	    s->d->now_ms / 1000, a, &t) != TICKET_GOOD ||
	    t.action != TICKET_RELEASE)
		return 0;
	return personal_act(s->d->db, &t, via, a, &p, e);
}

/* The worker's line: "AUTHOR TICKET …". -1: temporary. */
static int take_line(struct answers *s, const struct quarantine_entry *entry,
	struct span line, struct arena *a, struct err *e)
{
	struct span author, text;
	size_t n = 0;

	if (!span_cut(&line, ' ', &author) ||
	    author.n > TICKET_PERSON_MAX ||
	    entry->record.mail_from.n == 0 ||
	    !is_proved(s, entry, author, a)) {
		s->refused++;
		return 0;
	}
	while (n++ < DIGEST_ANSWER_TICKETS && span_cut(&line, ' ', &text)) {
		int done = carry_out(s, text, author, entry->relay, a, e);

		if (done < 0)
			return -1;
		s->orders += (uint64_t)done;
	}
	return 0;
}

/* It is done with: nobody is delivered it, nobody sees it any more. */
static int consume(struct answers *s, const struct id *id, struct err *e)
{
	const struct span rcpt = span_of(s->d->w.enduser_reply);
	struct quarantine_order o = { .key = id_new(), .who = s->d->who,
		.via = "answer", .rcpts = &rcpt, .nrcpts = 1 };

	return quarantine_delete(&s->q, id, &o, e) < 0 &&
		e->class == ERR_TEMPORARY ? -1 : 0;
}

static int take(struct answers *s, const struct id *id, struct arena *a,
	struct err *e)
{
	struct quarantine_entry entry;
	struct buf line = { 0 };
	int result = quarantine_get(&s->q, id, true, a, &entry, e);

	if (result < 0 && e->class == ERR_TEMPORARY)
		return -1;
	if (result < 0 || tool_look(&s->keeper, id->text,
	    entry.record.body, &line, e) < 0) {
		/* One that kills its reader is no answer. */
		fprintf(stderr, "pm digest: %s: %s\n", id->text, e->text);
		s->refused++;
		result = 0;
	} else {
		result = take_line(s, &entry, buf_bytes(&line), a, e);
	}
	buf_free(&line);
	s->n++;
	return result < 0 ? -1 : consume(s, id, e);
}

static int take_all(struct answers *s, const struct db_rows *rows,
	struct err *e)
{
	for (size_t i = 0; i < db_count(rows); i++) {
		struct arena *a = arena_new("answer", MESSAGE_ARENA);
		struct id id;
		int result = id_parse(db_span(rows, i, 0), &id) ?
			take(s, &id, a, e) : 0;

		arena_free(&a);
		if (result < 0)
			return -1;
	}
	return 0;
}

int digest_answers(struct digest *d, struct err *e)
{
	struct answers s = { .d = d, .q = { .db = d->db, .key = d->key } };
	const struct db_value v[] = { DB_OF_TEXT(span_of(d->w.enduser_reply)),
		DB_OF_TEXT(SPAN(BUNDLE_ANSWER)), DB_OF_INT(BATCH) };
	struct db_rows *rows;
	int result;

	if (d->w.enduser_reply == NULL)
		return err_set(e, ERR_PERMANENT, ROOT_WIRING ": there is no "
			"enduser.reply: nobody answers digests");
	if (db_call(d->db, "digest_answers", v, 3, &rows, e) < 0)
		return -1;
	s.tool = (struct tool){ .name = "digest", .root = ".",
		.run = digest_answer_read, .offline = true };
	s.keeper = tool_keeper(&s.tool);
	result = take_all(&s, rows, e);
	tool_end(&s.keeper);
	db_rows_free(&rows);
	if (s.n)
		printf("%llu answers, %llu messages delivered, %llu answers "
			"refused\n", (unsigned long long)s.n,
			(unsigned long long)s.orders,
			(unsigned long long)s.refused);
	return result < 0 ? -1 : EXIT_DONE;
}
