/*
 * What DMARC's tests share: a zone as text, who was authenticated as text,
 * and the answer as text.
 *
 * A zone has a line for each name: "example.com v=DMARC1; p=none" is a TXT
 * record at _dmarc.example.com, "!example.com" says that no answer comes from
 * there; "A a.b" gives a.b an address, "!A a.b" no answer about one.
 *
 * Who: "spf=pass:a.b helo=pass:a.b dkim=pass:a.b": words of RFC 8601; also
 * dkim=partial, weak (they pass, but do not count), parttemp (temperror).
 */
#ifndef DMARC_TEST_H
#define DMARC_TEST_H

#include "base/buf.h"
#include "mailauth/dmarc.h"

enum { WHO_MAX = 16, FROM_MAX = 64 };

struct who {
	struct spf_answer spf;
	struct dkim_answer dkim;
	struct dkim_signature signatures[WHO_MAX];
};

static inline enum auth_result dmarc_word(struct span s)
{
	for (unsigned r = 0; r < AUTH_WAIT; r++)
		if (span_is(s, auth_result_name(r)))
			return r;
	if (span_is(s, "parttemp"))
		return AUTH_TEMPERROR;
	return AUTH_PASS;
}

static inline void dmarc_read_who(struct span text, struct who *w)
{
	struct span word;

	*w = (struct who){ .dkim.signatures = w->signatures };
	while (span_cut(&text, ' ', &word)) {
		struct span method = { 0 }, result = { 0 };

		span_cut(&word, '=', &method);
		span_cut(&word, ':', &result);
		if (span_is(method, "dkim") && w->dkim.n == WHO_MAX)
			continue;
		if (span_is(method, "dkim")) {
			struct dkim_signature *s =
				&w->signatures[w->dkim.n++];

			s->domain = word;
			s->result = dmarc_word(result);
			s->flags = span_is(result, "weak") ? DKIM_WEAK_KEY :
				span_starts(result, SPAN("part")) ?
				DKIM_PARTIAL : 0;
		} else {
			w->spf.result = dmarc_word(result);
			w->spf.domain = word;
			w->spf.helo = span_is(method, "helo");
		}
	}
}

/* "a@x.y,z" has the authors a@x.y and @z. */
static inline size_t dmarc_read_authors(struct span text, struct arena *a,
	struct address **list_r)
{
	struct span one;
	size_t n = 0;

	*list_r = arena_array(a, FROM_MAX, sizeof(**list_r));
	while (n < FROM_MAX && span_cut(&text, ',', &one)) {
		size_t at = span_rchr(one, '@');

		(*list_r)[n++].domain = at == SIZE_MAX ? one :
			span_after(one, at + 1);
	}
	return n;
}

static inline void dmarc_add_txt(struct question *q, struct span text,
	struct arena *a)
{
	struct buf b = { .arena = a };

	if (q->nrecords == ASK_RECORDS_MAX)
		return;
	while (text.n > 0) {
		struct span piece = span_sub(text, 0, 100);

		buf_byte(&b, (unsigned char)piece.n);
		buf_span(&b, piece);
		text = span_after(text, piece.n);
	}
	q->records[q->nrecords++] = buf_bytes(&b);
	q->state = ASK_YES;
}

static inline void dmarc_answer(struct span zone, struct question *q,
	struct arena *a)
{
	struct span line, name = q->name;

	if (q->type == LOOKUP_TXT)
		name = span_after(name, 7);
	q->state = ASK_NO;
	q->records = arena_array(a, ASK_RECORDS_MAX, sizeof(*q->records));
	while (span_cut(&zone, '\n', &line)) {
		bool later = line.n > 0 && line.p[0] == '!';
		bool address = span_starts(span_after(line, later),
			SPAN("A "));
		struct span at = { 0 };

		line = span_after(line, (later ? 1u : 0u) +
			(address ? 2u : 0u));
		span_cut(&line, ' ', &at);
		if (!span_eq(at, name) || address == (q->type == LOOKUP_TXT))
			continue;
		if (later)
			q->state = ASK_LATER;
		else if (!address)
			dmarc_add_txt(q, line, a);
		else if (q->type == LOOKUP_A)
			dmarc_add_txt(q, SPAN("abcd"), a);
	}
}

/* Runs until there is an answer; *asked_r: how many questions. */
static inline struct dmarc_answer dmarc_run(struct span from, struct span who,
	struct span zone, struct arena *a, size_t *asked_r)
{
	struct lookup *l = lookup_new(a, 256);
	struct address *authors;
	size_t n = dmarc_read_authors(from, a, &authors);
	struct dmarc_answer r;
	struct question *q;
	struct who w;

	*asked_r = 0;
	dmarc_read_who(who, &w);
	do {
		dmarc_check(l, authors, n, &w.spf, &w.dkim, a, &r);
		while ((q = lookup_fresh(l))) {
			dmarc_answer(zone, q, a);
			++*asked_r;
		}
	} while (r.result == AUTH_WAIT);
	return r;
}

/*
 * "fail reject at=record org=organisation", then " spf", " dkim" (aligned),
 * " t" (testing), " psl" (the list differs); for the author of a number.
 */
static inline const char *dmarc_text(const struct dmarc_author *r,
	struct arena *a)
{
	struct buf b = { .arena = a };

	buf_printf(&b, "%s", auth_result_name(r->result));
	if (r->policy)
		buf_printf(&b, " %s", dmarc_policy_name(r->policy));
	if (r->record_domain.n)
		buf_printf(&b, " at=%.*s", SPAN_FMT(r->record_domain));
	if (r->organisation.n)
		buf_printf(&b, " org=%.*s", SPAN_FMT(r->organisation));
	buf_printf(&b, "%s%s%s%s", r->spf_aligned ? " spf" : "",
		r->dkim_aligned ? " dkim" : "", r->testing ? " t" : "",
		r->psl_differs ? " psl" : "");
	return buf_c(&b);
}

#endif
