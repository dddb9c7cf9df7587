/*
 * What DKIM's tests share: a zone of keys, and a run with its answers.
 */
#ifndef DKIM_TEST_H
#define DKIM_TEST_H

#include "base/buf.h"
#include "mailauth/arc.h"
#include "mailauth/dkim.h"

struct zone_key {
	const char *name, *text;	/* text NULL: the DNS does not answer */
};

/* A TXT record's strings. */
static inline struct span zone_rdata(struct arena *a, struct span text)
{
	struct buf b = { .arena = a };

	while (text.n) {
		struct span piece = span_sub(text, 0, 200);

		buf_byte(&b, (unsigned char)piece.n);
		buf_span(&b, piece);
		text = span_after(text, piece.n);
	}
	return buf_bytes(&b);
}

/* Every key of that name. */
static inline void zone_answer(const struct zone_key *zone, struct arena *a,
	struct question *q)
{
	q->state = ASK_NO;
	q->records = arena_array(a, ASK_RECORDS_MAX, sizeof(*q->records));
	for (; zone->name; zone++) {
		if (!span_caseeq(q->name, span_of(zone->name)))
			continue;
		q->state = zone->text ? ASK_YES : ASK_LATER;
		if (zone->text)
			q->records[q->nrecords++] = zone_rdata(a,
				span_of(zone->text));
	}
}

static inline void zone_answer_all(const struct zone_key *zone,
	struct arena *a, struct lookup *l)
{
	struct question *q;

	while ((q = lookup_fresh(l)))
		zone_answer(zone, a, q);
}

/* Runs until there is an answer; *rounds_r: how often it waited. */
static inline struct dkim_answer zone_check(const struct zone_key *zone,
	struct span message, uint64_t now, struct arena *a, unsigned *rounds_r)
{
	struct lookup *l = lookup_new(a, 64);
	struct dkim_answer answer;
	struct header h;

	header_parse(message, &mail_default_limits, a, &h);
	for (*rounds_r = 0;; ++*rounds_r) {
		dkim_check(l, message, &h, now, a, &answer);
		if (answer.result != AUTH_WAIT)
			return answer;
		zone_answer_all(zone, a, l);
	}
}

/* The same for ARC, whose keys are all asked for in the first run. */
static inline struct arc_answer zone_arc(const struct zone_key *zone,
	struct span message, uint64_t now, struct arena *a)
{
	struct lookup *l = lookup_new(a, 128);
	struct arc_answer answer;
	struct header h;

	header_parse(message, &mail_default_limits, a, &h);
	arc_check(l, message, &h, now, a, &answer);
	zone_answer_all(zone, a, l);
	if (answer.result == AUTH_WAIT)
		arc_check(l, message, &h, now, a, &answer);
	return answer;
}

#endif
