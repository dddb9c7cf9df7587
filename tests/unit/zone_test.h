/*
 * Lines of a suite (tests/lib/spf_lines.py says how they look), and the zone
 * among them: "Z", "R", "T". One zone at a time.
 */
#ifndef ZONE_TEST_H
#define ZONE_TEST_H

#include "base/netaddr.h"
#include "mailauth/lookup.h"

#include "suite_test.h"

enum { ZONE_RECORDS = 1000, ZONE_CNAMES = 8, ZONE_CNAME = 5 };

struct zone_record {
	uint16_t type;		/* 0: no answer comes from there */
	struct span name, rdata;
};

static struct zone_record zone_records[ZONE_RECORDS];
static size_t zone_size;

static inline void zone_put_strings(struct buf *b, struct span s)
{
	do {
		struct span piece = span_sub(s, 0, 255);

		buf_byte(b, (unsigned char)piece.n);
		buf_span(b, piece);
		s = span_after(s, piece.n);
	} while (s.n > 0);
}

static inline void zone_put_name(struct buf *b, struct span s)
{
	struct span label;

	while (span_cut(&s, '.', &label)) {
		buf_byte(b, (unsigned char)label.n);
		buf_span(b, label);
	}
	buf_byte(b, 0);
}

static inline struct span zone_rdata_of(struct arena *a, uint16_t type,
	struct span line)
{
	struct buf b = { .arena = a };
	struct netaddr ip;

	if (type == LOOKUP_TXT) {
		while (line.n > 0)
			zone_put_strings(&b, suite_field(a, &line));
		return buf_bytes(&b);
	}
	line = suite_field(a, &line);
	if (type == ZONE_CNAME)
		return line;
	if (type == LOOKUP_MX)
		buf_add(&b, "\0\1", 2);
	if (type == LOOKUP_MX || type == LOOKUP_PTR)
		zone_put_name(&b, line);
	else if (netaddr_parse(line, &ip))
		buf_add(&b, ip.b, ip.n);
	return buf_bytes(&b);
}

static inline void zone_add(struct arena *a, struct span line, bool later)
{
	struct zone_record *r = &zone_records[zone_size];
	struct span word;
	uint64_t type = 0;

	assert_in_range(zone_size++, 0, ZONE_RECORDS - 1);
	if (!later && span_cut(&line, ' ', &word))
		assert_true(span_u64(word, 65535, &type));
	r->type = (uint16_t)type;
	r->name = suite_field(a, &line);
	r->rdata = later ? (struct span){ 0 } : zone_rdata_of(a, r->type,
		line);
}

/* Takes a line of the zone; false: it is something else. */
static inline bool zone_take(struct arena *a, struct span line)
{
	struct span kind;

	span_cut(&line, ' ', &kind);
	if (span_is(kind, "Z"))
		zone_size = 0;
	else if (span_is(kind, "R") || span_is(kind, "T"))
		zone_add(a, line, span_is(kind, "T"));
	else
		return false;
	return true;
}

static inline struct span zone_without_dot(struct span s)
{
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/* What the zone says of a name; true: go on at the name of a CNAME. */
static inline bool zone_look(struct question *q, struct span *name)
{
	bool later = false;

	for (size_t i = 0; i < zone_size; i++) {
		const struct zone_record *r = &zone_records[i];

		if (!span_caseeq(zone_without_dot(r->name), *name))
			continue;
		later = later || r->type == 0;
		if (r->type == ZONE_CNAME && r->rdata.n > 0) {
			*name = zone_without_dot(r->rdata);
			return true;
		}
		if (r->type == q->type)
			q->records[q->nrecords++] = r->rdata;
	}
	q->state = q->nrecords ? ASK_YES : later ? ASK_LATER : ASK_NO;
	return false;
}

/* Answers all that is asked. */
static inline void zone_answer_all(struct lookup *l, struct arena *a)
{
	struct question *q;

	while ((q = lookup_fresh(l))) {
		struct span name = q->name;

		q->records = arena_array(a, ZONE_RECORDS,
			sizeof(*q->records));
		for (int i = 0; i < ZONE_CNAMES && zone_look(q, &name); i++)
			q->state = ASK_NO;
		if (q->state == ASK_PENDING)
			q->state = ASK_NO;
	}
}

#endif
