/*
 * The verdict: its record in hostile hands, and its resolution for every
 * mixture of plans of three recipients under every set of capabilities.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/resolve.h"

enum { RCPTS = 3, MSG_BYTES = 1000 };

static struct span rcpts[RCPTS] = {
	{ (const unsigned char *)"a@example.org", 13 },
	{ (const unsigned char *)"b@example.org", 13 },
	{ (const unsigned char *)"c@example.org", 13 },
};
static struct span elsewhere[] = {
	{ (const unsigned char *)"x@example.net", 13 },
	{ (const unsigned char *)"y@example.net", 13 },
};
static const struct envelope env = { .rcpts = rcpts, .nrcpts = RCPTS };

/* The plans that the mixtures are made of. */
enum {
	PLAN_TAG = ACTION_N,	/* deliver with an added header */
	PLAN_SUBJECT,		/* deliver with a changed header */
	PLAN_N
};

static struct edit add = { EDIT_ADD_HEADER, 0, SPAN("X-PM"), SPAN(" tag") };
static struct edit change = { EDIT_CHANGE_HEADER, 1, SPAN("Subject"),
	SPAN(" [SPAM] hello,\r\n\tworld") };
static struct splice add_splice = { 100, 0, SPAN("X-PM: tag\r\n") };
static struct splice change_splice = { 50, 10, SPAN("new") };

static struct group group_of(unsigned plan)
{
	struct group g = { .action = (enum action)plan };

	switch (plan) {
	case ACTION_QUARANTINE:
		g.reason = SPAN("Spam");
		break;
	case ACTION_REDIRECT:
		g.redirect = elsewhere;
		g.nredirect = 2;
		break;
	case PLAN_TAG:
	case PLAN_SUBJECT:
		g.action = ACTION_DELIVER;
		g.edits = plan == PLAN_TAG ? &add : &change;
		g.splices = plan == PLAN_TAG ? &add_splice : &change_splice;
		g.nedits = g.nsplices = 1;
		break;
	}
	return g;
}

/* A verdict with these plans; together: equal plans share a group. */
static struct verdict verdict_of(const unsigned plans[RCPTS], bool together,
	struct arena *a)
{
	struct verdict v = { .groups = arena_array(a, RCPTS,
		sizeof(struct group)) };
	unsigned of[RCPTS];

	for (uint32_t i = 0; i < RCPTS; i++) {
		size_t at = 0;

		while (at < v.ngroups && !(together && of[at] == plans[i]))
			at++;
		if (at == v.ngroups) {
			of[at] = plans[i];
			v.groups[at] = group_of(plans[i]);
			v.groups[at].rcpts = arena_array(a, RCPTS, 4);
			v.ngroups++;
		}
		v.groups[at].rcpts[v.groups[at].nrcpts++] = i;
	}
	return v;
}

static size_t count_in(const struct keep *k, struct span rcpt)
{
	size_t n = 0;

	for (size_t i = 0; i < k->nrcpts; i++)
		n += span_eq(k->rcpts[i], rcpt);
	return n;
}

/* How often a recipient is on the MTA's copy, checking the content. */
static size_t on_own_copy(const struct resolution *r, uint32_t who,
	const struct group *plan)
{
	if (r->reply != REPLY_ACCEPT)
		return 0;
	for (size_t i = 0; i < r->ndelete; i++)
		if (r->delete_rcpts[i] == who)
			return 0;
	assert_int_equal(plan->action, ACTION_DELIVER);
	assert_int_equal(r->nedits, plan->nedits);
	assert_true(r->nedits == 0 || r->edits == plan->edits);
	return 1;
}

/* Exactly what his plan says happens to this recipient, once. */
static void check_recipient(const struct resolution *r, uint32_t who,
	const struct group *plan, size_t redirects)
{
	size_t own = on_own_copy(r, who, plan), held = 0, copies = 0, away = 0;

	for (size_t i = 0; i < r->nkeeps; i++) {
		const struct keep *k = &r->keeps[i];
		size_t n = count_in(k, rcpts[who]);

		if (k->kind == KEEP_QUARANTINE)
			held += n;
		else
			copies += n;
		away += count_in(k, elsewhere[0]);
		if (n && k->kind == KEEP_COPY) {
			assert_int_equal(k->group->nsplices, plan->nsplices);
			assert_ptr_equal(k->group->splices, plan->splices);
		}
		if (n && plan->action == ACTION_REJECT)
			assert_true(span_is(k->reason, "Rejected"));
		if (n && plan->action == ACTION_QUARANTINE)
			assert_true(span_is(k->reason, "Spam"));
	}
	assert_int_equal(own + copies, plan->action == ACTION_DELIVER);
	assert_int_equal(held, plan->action == ACTION_QUARANTINE ||
		plan->action == ACTION_REJECT);
	assert_int_equal(away, redirects);
}

/* Which plans occur, as bits. */
static unsigned kinds_of(const unsigned plans[RCPTS])
{
	unsigned bits = 0;

	for (size_t i = 0; i < RCPTS; i++)
		bits |= 1u << plans[i];
	return bits;
}

static const struct mta_can everything = { true, true, true, true, true, true,
	true };

/* May an MTA that can do this be told to go without re-injection? */
static bool needs_copies(unsigned kinds, const struct mta_can *can)
{
	unsigned delivers = kinds & (1u << ACTION_DELIVER | 1u << PLAN_TAG |
		1u << PLAN_SUBJECT);

	if (kinds & 1u << ACTION_REDIRECT)
		return true;
	if (delivers == 0)
		return false;
	return (delivers & (delivers - 1)) != 0 ||
	       (kinds != delivers && !can->delete_rcpt) ||
	       (delivers == 1u << PLAN_TAG && !can->add_header) ||
	       (delivers == 1u << PLAN_SUBJECT && !can->change_header);
}

static void check_mixture(const unsigned plans[RCPTS], bool together,
	const struct mta_can *can, struct arena *a)
{
	struct verdict v = verdict_of(plans, together, a);
	unsigned kinds = kinds_of(plans);
	size_t redirects = 0;
	struct resolution r;

	verdict_resolve(&v, &env, can, a, &r);
	if (kinds & (1u << ACTION_TEMPFAIL | 1u << ACTION_DELAY) ||
	    (!can->reinject && kinds != 1u << ACTION_REJECT &&
	     needs_copies(kinds, can))) {
		assert_int_equal(r.reply, REPLY_TEMPFAIL);
		assert_int_equal(r.code.p[0], '4');
		assert_int_equal(r.nkeeps, 0);
		return;
	}
	if (kinds == 1u << ACTION_REJECT) {
		assert_int_equal(r.reply, REPLY_REJECT);
		assert_int_equal(r.code.p[0], '5');
		assert_int_equal(r.nkeeps, 0);
		return;
	}
	assert_true(r.reply == REPLY_ACCEPT || r.reply == REPLY_DISCARD);
	for (size_t i = 0; i < v.ngroups; i++)
		redirects |= v.groups[i].action == ACTION_REDIRECT;
	for (size_t i = 0; i < v.ngroups; i++)
		for (size_t j = 0; j < v.groups[i].nrcpts; j++)
			check_recipient(&r, v.groups[i].rcpts[j],
				&v.groups[i], redirects);
	for (size_t i = 0; i < r.ndelete; i++)
		assert_true(can->delete_rcpt);
	for (size_t i = 0; i < r.nedits; i++)
		assert_true(r.edits[i].kind <= EDIT_PUT_HEADER ?
			can->add_header : can->change_header);
}

static void every_mixture_is_carried_out_once(void **state)
{
	struct arena *a = arena_new("test", 1 << 24);

	(void)state;
	for (unsigned n = 0; n < PLAN_N * PLAN_N * PLAN_N * 32; n++) {
		struct mta_can can = { .add_header = n & 1,
			.change_header = n & 2, .delete_rcpt = n & 4,
			.reinject = n & 8 };
		unsigned plans[RCPTS] = { n / 32 % PLAN_N,
			n / 32 / PLAN_N % PLAN_N,
			n / 32 / PLAN_N / PLAN_N };

		check_mixture(plans, n & 16, &can, a);
		arena_reset(a);
	}
	arena_free(&a);
}

static void first_recipient_in_order_speaks(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	unsigned plans[RCPTS] = { ACTION_REJECT, ACTION_REJECT,
		ACTION_REJECT };
	struct verdict v = verdict_of(plans, false, a);
	struct mta_can can = everything;
	struct resolution r;

	(void)state;
	v.groups[0].rcpts[0] = 2;
	v.groups[2].rcpts[0] = 0;
	v.groups[0].text = SPAN("third");
	v.groups[2].text = SPAN("first");
	v.groups[2].code = SPAN("5.1.1");
	verdict_resolve(&v, &env, &can, a, &r);
	assert_int_equal(r.reply, REPLY_REJECT);
	assert_true(span_is(r.text, "first"));
	assert_true(span_is(r.code, "5.1.1"));
	arena_free(&a);
}

static void groups_that_differ_in_trace_ride_together(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	unsigned plans[RCPTS] = { PLAN_TAG, ACTION_DELIVER, PLAN_TAG };
	struct verdict v = verdict_of(plans, false, a);
	struct mta_can can = everything;
	struct resolution r;

	(void)state;
	verdict_resolve(&v, &env, &can, a, &r);
	assert_int_equal(r.reply, REPLY_ACCEPT);
	assert_int_equal(r.nedits, 1);
	assert_int_equal(r.ndelete, 1);
	assert_int_equal(r.delete_rcpts[0], 1);
	assert_int_equal(r.nkeeps, 1);
	assert_int_equal(r.keeps[0].kind, KEEP_COPY);
	assert_int_equal(r.keeps[0].group->nsplices, 0);
	arena_free(&a);
}

/* Deleting "A@…" would take "a@…" along, who shall have his mail. */
static void twice_given_recipient_is_not_lost(void **state)
{
	struct span twice[] = { SPAN("A@example.org"), SPAN("b@example.org"),
		SPAN("a@example.org") };
	struct envelope e = { .rcpts = twice, .nrcpts = 3 };
	struct arena *a = arena_new("test", 1 << 20);
	unsigned plans[RCPTS] = { ACTION_QUARANTINE, ACTION_DELIVER,
		ACTION_DELIVER };
	struct verdict v = verdict_of(plans, true, a);
	struct mta_can can = everything;
	struct resolution r;

	(void)state;
	verdict_resolve(&v, &e, &can, a, &r);
	assert_int_equal(r.reply, REPLY_DISCARD);
	assert_int_equal(r.ndelete, 0);
	assert_int_equal(r.nkeeps, 2);
	assert_int_equal(r.keeps[1].kind, KEEP_COPY);
	assert_int_equal(r.keeps[1].nrcpts, 2);
	arena_free(&a);
}

static void failed_policy_defers(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	unsigned plans[RCPTS] = { ACTION_DELIVER, ACTION_DELIVER,
		ACTION_DELIVER };
	struct verdict v = verdict_of(plans, true, a);
	struct mta_can can = everything;
	struct resolution r;

	(void)state;
	v.failed = true;
	verdict_resolve(&v, &env, &can, a, &r);
	assert_int_equal(r.reply, REPLY_TEMPFAIL);
	assert_true(span_is(r.text, "the policy failed, try again later"));
	plans[1] = ACTION_DELAY;
	v = verdict_of(plans, true, a);
	verdict_resolve(&v, &env, &can, a, &r);
	assert_true(span_is(r.code, "4.7.1"));
	assert_true(span_is(r.text, "delay queue not available"));
	arena_free(&a);
}

/* A verdict that uses every field; the tests below break one at a time. */
static struct verdict full_verdict(struct arena *a)
{
	unsigned plans[RCPTS] = { ACTION_REDIRECT, PLAN_SUBJECT,
		ACTION_REJECT };
	struct verdict v = verdict_of(plans, true, a);
	struct trace_step *t = arena_array(a, 1, sizeof(*t));

	*t = (struct trace_step){ SPAN("inbound"), SPAN("spam"),
		SPAN("50-default.lua:12"), SPAN("quarantine(Spam)") };
	v.groups[1].trace = t;
	v.groups[1].ntrace = 1;
	v.groups[1].notify = SPAN("recipient");
	v.groups[1].edits = arena_array(a, 2, sizeof(struct edit));
	v.groups[1].edits[0] = change;
	v.groups[1].edits[1] = add;
	v.groups[1].nedits = 2;
	v.groups[1].splices = arena_array(a, 2, sizeof(struct splice));
	v.groups[1].splices[0] = change_splice;
	v.groups[1].splices[1] = add_splice;
	v.groups[1].nsplices = 2;
	v.groups[1].signs = arena_array(a, 2, sizeof(struct sign));
	v.groups[1].signs[0] = (struct sign){ SPAN("example.org"),
		SPAN("pm202611"), SPAN(" v=1;\r\n\tb="), { 1, 2, 3 },
		{ NULL, 0 } };
	v.groups[1].signs[1] = v.groups[1].signs[0];
	v.groups[1].nsigns = 2;
	v.groups[2].code = SPAN("5.1.1");
	v.groups[2].text = SPAN("no such user");
	v.groups[2].reason = SPAN("Spam");
	v.score = -1234;
	v.probability = 100;
	v.retire = true;
	v.failure = SPAN("x");
	v.facts = SPAN("\0facts\377");
	v.subject = SPAN("hello");
	v.header_from = SPAN("me");
	v.message_id = SPAN("x@example.org");
	v.words = SPAN("hello\nworld\n");
	return v;
}

static bool goes_through(const struct verdict *v, struct arena *a,
	struct verdict *got)
{
	struct buf b = { .arena = a };

	verdict_put(&b, v);
	return verdict_get(buf_bytes(&b), RCPTS, MSG_BYTES, a, got);
}

static void all_fields_return(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct verdict v = full_verdict(a), got;
	struct buf one = { .arena = a }, two = { .arena = a };

	(void)state;
	assert_true(goes_through(&v, a, &got));
	verdict_put(&one, &v);
	verdict_put(&two, &got);
	assert_true(span_eq(buf_bytes(&one), buf_bytes(&two)));
	assert_int_equal(got.score, -1234);
	assert_int_equal(got.probability, 100);
	assert_true(got.retire);
	assert_false(got.failed);
	assert_true(span_eq(got.facts, v.facts));
	assert_true(span_eq(got.message_id, v.message_id));
	assert_true(span_eq(got.words, v.words));
	assert_int_equal(got.groups[1].edits[0].nth, 1);
	assert_true(span_is(got.groups[1].trace[0].said, "quarantine(Spam)"));
	v.message_id = SPAN("two\r\nlines");
	assert_false(goes_through(&v, a, &got));
	arena_free(&a);
}

static void cut_anywhere_is_refused(void **state)
{
	struct arena *a = arena_new("test", 1 << 24);
	struct verdict v = full_verdict(a), got;
	struct buf b = { 0 };

	(void)state;
	verdict_put(&b, &v);
	for (size_t n = 0; n < b.n; n++)
		assert_false(verdict_get(span_sub(buf_bytes(&b), 0, n), RCPTS,
			MSG_BYTES, a, &got));
	buf_byte(&b, 0);
	assert_false(verdict_get(buf_bytes(&b), RCPTS, MSG_BYTES, a, &got));
	buf_free(&b);
	arena_free(&a);
}

/* What comes through after a byte was changed still resolves. */
static void changed_bytes_do_no_harm(void **state)
{
	struct mta_can can = everything;
	struct arena *a = arena_new("test", 1 << 24);
	struct verdict v = full_verdict(a), got;
	struct resolution r;
	struct buf b = { 0 };

	(void)state;
	verdict_put(&b, &v);
	for (size_t n = 0; n < b.n; n++) {
		unsigned char was = b.p[n];
		struct arena *one = arena_new("one", 1 << 20);

		for (unsigned bit = 0; bit < 8; bit++) {
			b.p[n] = (unsigned char)(was ^ 1u << bit);
			if (verdict_get(buf_bytes(&b), RCPTS, MSG_BYTES, one,
				&got))
				verdict_resolve(&got, &env, &can, one, &r);
		}
		b.p[n] = was;
		arena_free(&one);
	}
	buf_free(&b);
	arena_free(&a);
}

static void wrong_recipients_are_refused(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct verdict v = full_verdict(a), got;

	(void)state;
	v.groups[0].rcpts[0] = 1;	/* two plans for 1, none for 0 */
	assert_false(goes_through(&v, a, &got));
	v.groups[0].rcpts[0] = 3;
	assert_false(goes_through(&v, a, &got));
	v.groups[0].rcpts[0] = 0;
	assert_true(goes_through(&v, a, &got));
	v.ngroups = 2;
	assert_false(goes_through(&v, a, &got));
	v.ngroups = 3;
	v.groups[1].nrcpts = 0;
	assert_false(goes_through(&v, a, &got));
	v = full_verdict(a);
	v.ngroups = 1;
	v.groups[0].nrcpts = 3;
	memcpy(v.groups[0].rcpts, (uint32_t[]){ 0, 2, 1 }, 12);
	assert_false(goes_through(&v, a, &got));
	memcpy(v.groups[0].rcpts, (uint32_t[]){ 0, 1, 2 }, 12);
	assert_true(goes_through(&v, a, &got));
	arena_free(&a);
}

static void wrong_signs_are_refused(void **state)
{
	static const struct sign bad[] = {
		{ .domain = SPAN("../x"), .selector = SPAN("a"),
			.field = SPAN(" b=") },
		{ .domain = SPAN("A.org"), .selector = SPAN("a"),
			.field = SPAN(" b=") },
		{ .domain = SPAN("a.org"), .field = SPAN(" b=") },
		{ .domain = SPAN("a.org"), .selector = SPAN("a/b"),
			.field = SPAN(" b=") },
		{ .domain = SPAN("a.org"), .selector = SPAN("a"),
			.field = SPAN(" b=x") },
		{ .domain = SPAN("a.org"), .selector = SPAN("a"),
			.field = SPAN("\r\nFrom: x b=") },
	};
	struct arena *a = arena_new("test", 1 << 20);
	struct verdict v = full_verdict(a), got;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		v.groups[1].signs[1] = bad[i];
		assert_false(goes_through(&v, a, &got));
	}
	v.groups[1].nsigns = 1;
	assert_true(goes_through(&v, a, &got));
	assert_memory_equal(got.groups[1].signs[0].hash, "\1\2\3", 3);
	/* Nobody is given what would be signed here. */
	v.groups[2].signs = v.groups[1].signs;
	v.groups[2].nsigns = 1;
	assert_false(goes_through(&v, a, &got));
	arena_free(&a);
}

/* An MTA that takes no header gets none: what is signed goes as a copy. */
static void signed_mail_needs_an_added_header(void **state)
{
	struct mta_can can = { .add_header = true, .reinject = true };
	struct arena *a = arena_new("test", 1 << 20);
	struct sign sign = { 0 };
	unsigned plans[RCPTS] = { ACTION_DELIVER, ACTION_DELIVER,
		ACTION_DELIVER };
	struct verdict v = verdict_of(plans, true, a);
	struct resolution r;

	(void)state;
	for (size_t i = 0; i < v.ngroups; i++) {
		v.groups[i].signs = &sign;
		v.groups[i].nsigns = 1;
	}
	verdict_resolve(&v, &env, &can, a, &r);
	assert_int_equal(r.reply, REPLY_ACCEPT);
	assert_non_null(r.own);
	can.add_header = false;
	verdict_resolve(&v, &env, &can, a, &r);
	assert_int_equal(r.reply, REPLY_DISCARD);
	assert_null(r.own);
	assert_int_equal(r.nkeeps, 1);
	assert_int_equal(r.keeps[0].kind, KEEP_COPY);
	arena_free(&a);
}

/* Only what can be nothing but a seal is hashed for it. */
static void wrong_seals_are_refused(void **state)
{
	static const struct seal good = { .domain = SPAN("a.org"),
		.selector = SPAN("s"), .parts = {
			.text = SPAN("a:b\r\narc-message-signature:b="),
			.over = { SPAN("x"), SPAN("\r\narc-seal:b=") },
			.results = SPAN(" i=1; x"),
			.message = { SPAN(" b="), SPAN("; i=1") },
			.seal = { SPAN(" b="), SPAN("; i=1") } } };
	struct arena *a = arena_new("test", 1 << 20);
	struct verdict v = full_verdict(a), got;
	struct seal s = good;

	(void)state;
	v.groups[0].seal = &s;
	assert_true(goes_through(&v, a, &got));
	assert_true(span_is(got.groups[0].seal->parts.over[1],
		"\r\narc-seal:b="));
	assert_null(got.groups[1].seal);
	s.parts.text = SPAN("a:b\r\ndkim-signature:b=");
	assert_false(goes_through(&v, a, &got));
	s = good;
	s.parts.over[1] = SPAN("arc-seal:b=");
	assert_false(goes_through(&v, a, &got));
	s = good;
	s.parts.results = SPAN("\r\nFrom: x");
	assert_false(goes_through(&v, a, &got));
	s = good;
	s.domain = SPAN("../x");
	assert_false(goes_through(&v, a, &got));
	/* What stays here is not sealed. */
	s = good;
	v.groups[1].seal = &s;
	assert_false(goes_through(&v, a, &got));
	arena_free(&a);
}

static void wrong_splices_are_refused(void **state)
{
	static const struct {
		struct splice s[2];
		bool good;
	} cases[] = {
		{ { { 0, 0, SPAN("") }, { 0, MSG_BYTES, SPAN("") } }, true },
		{ { { 5, 5, SPAN("") }, { 10, 0, SPAN("") } }, true },
		{ { { 5, 5, SPAN("") }, { 9, 0, SPAN("") } }, false },
		{ { { 5, 5, SPAN("") }, { 4, 0, SPAN("") } }, false },
		{ { { 0, 0, SPAN("") }, { MSG_BYTES, 0, SPAN("") } }, true },
		{ { { 0, 0, SPAN("") }, { MSG_BYTES, 1, SPAN("") } }, false },
		{ { { 0, 0, SPAN("") }, { MSG_BYTES + 1, 0, SPAN("") } },
			false },
		{ { { 1, UINT64_MAX, SPAN("") }, { 0, 0, SPAN("") } }, false },
	};
	struct arena *a = arena_new("test", 1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct verdict v = full_verdict(a), got;

		memcpy(v.groups[1].splices, cases[i].s, sizeof(cases[i].s));
		assert_int_equal(goes_through(&v, a, &got), cases[i].good);
	}
	arena_free(&a);
}

static void wrong_headers_are_refused(void **state)
{
	static const struct {
		struct span name, value;
		bool good;
	} cases[] = {
		{ SPAN("A"), SPAN(""), true },
		{ SPAN("X-\x7e!"), SPAN(" v\r\n\tw\r\n x"), true },
		{ SPAN(""), SPAN(" v"), false },
		{ SPAN("A:B"), SPAN(" v"), false },
		{ SPAN("A B"), SPAN(" v"), false },
		{ SPAN("A\n"), SPAN(" v"), false },
		{ SPAN("\x80"), SPAN(" v"), false },
		{ SPAN("A"), SPAN(" v\r\nBcc: x"), false },
		{ SPAN("A"), SPAN(" v\n w"), false },
		{ SPAN("A"), SPAN(" v\r w"), false },
		{ SPAN("A"), SPAN(" v\r\n"), false },
		{ SPAN("A"), SPAN(" v\r"), false },
		{ SPAN("A"), SPAN(" v\r\n \r\n.\r\n"), false },
		{ SPAN("A"), SPAN(" \0"), false },
	};
	struct arena *a = arena_new("test", 1 << 22);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct verdict v = full_verdict(a), got;

		v.groups[1].edits[1].name = cases[i].name;
		v.groups[1].edits[1].value = cases[i].value;
		assert_int_equal(goes_through(&v, a, &got), cases[i].good);
	}
	for (size_t n = VERDICT_HEADER_MAX; n < VERDICT_HEADER_MAX + 2; n++) {
		struct verdict v = full_verdict(a), got;
		unsigned char *p = arena_alloc(a, n);

		memset(p, 'x', n);
		v.groups[1].edits[1].value = span_from(p, n);
		assert_int_equal(goes_through(&v, a, &got),
			n == VERDICT_HEADER_MAX);
	}
	arena_free(&a);
}

static void wrong_words_are_refused(void **state)
{
	static const struct {
		struct span code, text, reason;
		bool good;
	} cases[] = {
		{ SPAN("5.7.999"), SPAN("100% no"), SPAN("Sp\303\244m"),
			true },
		{ SPAN(""), SPAN(""), SPAN(""), true },
		{ SPAN("4.7.1"), SPAN("x"), SPAN(""), false },
		{ SPAN("5.7"), SPAN("x"), SPAN(""), false },
		{ SPAN("5.7."), SPAN("x"), SPAN(""), false },
		{ SPAN("5..1"), SPAN("x"), SPAN(""), false },
		{ SPAN("5.7.1.1"), SPAN("x"), SPAN(""), false },
		{ SPAN("5.7.1."), SPAN("x"), SPAN(""), false },
		{ SPAN("5.7.1000"), SPAN("x"), SPAN(""), false },
		{ SPAN("5.7.1\n"), SPAN("x"), SPAN(""), false },
		{ SPAN("5.7.1"), SPAN("x\r\n250 ok"), SPAN(""), false },
		{ SPAN("5.7.1"), SPAN("caf\351"), SPAN(""), false },
		{ SPAN("5.7.1"), SPAN("x"), SPAN("a\nb"), false },
		{ SPAN("5.7.1"), SPAN("x"), SPAN("\377"), false },
	};
	struct arena *a = arena_new("test", 1 << 20);
	unsigned char *text = arena_alloc(a, VERDICT_TEXT_MAX + 1);
	struct verdict v, got;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		v = full_verdict(a);
		v.groups[2].code = cases[i].code;
		v.groups[2].text = cases[i].text;
		v.groups[2].reason = cases[i].reason;
		assert_int_equal(goes_through(&v, a, &got), cases[i].good);
	}
	memset(text, 'x', VERDICT_TEXT_MAX + 1);
	v = full_verdict(a);
	v.groups[2].text = span_from(text, VERDICT_TEXT_MAX);
	assert_true(goes_through(&v, a, &got));
	v.groups[2].text.n++;
	assert_false(goes_through(&v, a, &got));
	arena_free(&a);
}

static void wrong_redirects_are_refused(void **state)
{
	static const struct {
		struct span to;
		bool good;
	} cases[] = {
		{ SPAN("x@example.net"), true },
		{ SPAN(""), false },
		{ SPAN("x>\r\nRCPT TO:<y"), false },
		{ SPAN("<x@example.net>"), false },
	};
	struct arena *a = arena_new("test", 1 << 20);
	struct verdict v, got;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span to = cases[i].to;

		v = full_verdict(a);
		v.groups[0].redirect = &to;
		v.groups[0].nredirect = 1;
		assert_int_equal(goes_through(&v, a, &got), cases[i].good);
	}
	v.groups[0].nredirect = 0;
	assert_false(goes_through(&v, a, &got));
	v = full_verdict(a);
	v.probability = 101;
	assert_false(goes_through(&v, a, &got));
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mixture_is_carried_out_once),
		cmocka_unit_test(first_recipient_in_order_speaks),
		cmocka_unit_test(groups_that_differ_in_trace_ride_together),
		cmocka_unit_test(twice_given_recipient_is_not_lost),
		cmocka_unit_test(failed_policy_defers),
		cmocka_unit_test(all_fields_return),
		cmocka_unit_test(cut_anywhere_is_refused),
		cmocka_unit_test(changed_bytes_do_no_harm),
		cmocka_unit_test(wrong_recipients_are_refused),
		cmocka_unit_test(wrong_splices_are_refused),
		cmocka_unit_test(wrong_signs_are_refused),
		cmocka_unit_test(wrong_seals_are_refused),
		cmocka_unit_test(signed_mail_needs_an_added_header),
		cmocka_unit_test(wrong_headers_are_refused),
		cmocka_unit_test(wrong_words_are_refused),
		cmocka_unit_test(wrong_redirects_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
