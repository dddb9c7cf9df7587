/*
 * SPF under a resolver from outside: the input is the sender, the HELO and,
 * a NUL before each, the answers: the first byte says what kind ("N" no, "L"
 * later, else yes), then rdata lines. Questions take them in turn.
 */
#include "mailauth/spf.h"

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 7208 4.6.4: ten terms, ten names of each; and redirect's, exp's */
enum { QUESTIONS_MAX = 1 + 10 * 11 + 1 + 10 + 1, LOOKUPS_MAX = 11,
	VOIDS_MAX = 3 };

/* Of TXT the line is one string, of MX and PTR it is a name. */
static struct span make_rdata(uint16_t type, struct span line,
	struct arena *a)
{
	struct buf b = { .arena = a };
	struct span label;

	if (type == LOOKUP_TXT) {
		do {
			label = span_sub(line, 0, 255);
			buf_byte(&b, (unsigned char)label.n);
			buf_span(&b, label);
			line = span_after(line, label.n);
		} while (line.n);
		return buf_bytes(&b);
	}
	if (type != LOOKUP_MX && type != LOOKUP_PTR)
		return line;
	if (type == LOOKUP_MX)
		buf_add(&b, "\0\1", 2);
	while (span_cut(&line, '.', &label)) {
		buf_byte(&b, (unsigned char)label.n);
		buf_span(&b, label);
	}
	buf_byte(&b, 0);
	return buf_bytes(&b);
}

static void answer(struct question *q, struct span *rest, struct span all,
	struct arena *a)
{
	struct span one = { 0 }, line;

	if (rest->n == 0)
		*rest = all;
	span_cut(rest, 0, &one);
	q->state = one.n == 0 || one.p[0] == 'N' ? ASK_NO : one.p[0] == 'L' ?
		ASK_LATER : ASK_YES;
	if (q->state != ASK_YES)
		return;
	q->records = arena_array(a, ASK_RECORDS_MAX, sizeof(*q->records));
	one = span_after(one, 1);
	while (q->nrecords < ASK_RECORDS_MAX && span_cut(&one, '\n', &line))
		q->records[q->nrecords++] = make_rdata(q->type, line, a);
	if (q->nrecords == 0)
		q->state = ASK_NO;
}

static void run(const struct spf_query *q, struct span all, struct arena *a)
{
	struct lookup *l = lookup_new(a, 1000);
	struct span rest = all;
	struct question *fresh;
	struct spf_answer r;
	size_t asked = 0;

	do {
		spf_check(l, q, a, &r);
		for (; (fresh = lookup_fresh(l)); asked++)
			answer(fresh, &rest, all, a);
	} while (r.result == AUTH_WAIT);
	if (asked > QUESTIONS_MAX || r.lookups > LOOKUPS_MAX ||
	    r.voids > VOIDS_MAX || r.result == AUTH_POLICY)
		__builtin_trap();
	for (size_t i = 0; i < r.explanation.n; i++)
		if (r.explanation.p[i] < 0x20 || r.explanation.p[i] > 0x7e)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span all = span_from(data, size);
	struct spf_query q = { .receiver = SPAN("mx.test") };

	if (span_cut(&all, 0, &q.mail_from) && span_cut(&all, 0, &q.helo)) {
		netaddr_parse(SPAN("192.0.2.1"), &q.ip);
		run(&q, all, a);
		netaddr_parse(SPAN("2001:db8::1"), &q.ip);
		run(&q, all, a);
	}
	arena_free(&a);
	return 0;
}
