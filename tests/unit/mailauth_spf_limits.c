/*
 * SPF against records and senders made to do harm: every one ends within the
 * limits of RFC 7208 section 4.6.4 and few questions (security.md B6, B72).
 */
#include "mailauth/spf.h"

#include "mail_test.h"

enum { QUESTIONS_MAX = 40 };

/* "name TXT text", "name A" (192.0.2.9), "name MX host", "name PTR host". */
static void add_rdata(struct question *q, struct span value, struct arena *a)
{
	struct buf b = { .arena = a };
	struct span label;

	if (q->type == LOOKUP_TXT) {
		for (; value.n > 0; value = span_after(value, label.n)) {
			label = span_sub(value, 0, 255);
			buf_byte(&b, (unsigned char)label.n);
			buf_span(&b, label);
		}
	} else if (q->type == LOOKUP_A) {
		buf_add(&b, "\300\0\2\11", 4);
	} else {
		if (q->type == LOOKUP_MX)
			buf_add(&b, "\0\1", 2);
		while (span_cut(&value, '.', &label)) {
			buf_byte(&b, (unsigned char)label.n);
			buf_span(&b, label);
		}
		buf_byte(&b, 0);
	}
	q->records[q->nrecords++] = buf_bytes(&b);
	q->state = ASK_YES;
}

static void answer(struct question *q, struct span zone, struct arena *a)
{
	const char *type = q->type == LOOKUP_TXT ? "TXT" : q->type ==
		LOOKUP_A ? "A" : q->type == LOOKUP_MX ? "MX" : "PTR";
	struct span line, name, kind;

	q->state = ASK_NO;
	q->records = arena_array(a, 2000, sizeof(*q->records));
	while (span_cut(&zone, '\n', &line)) {
		span_cut(&line, ' ', &name);
		span_cut(&line, ' ', &kind);
		if (span_eq(name, q->name) && span_is(kind, type))
			add_rdata(q, line, a);
	}
}

struct asked {
	unsigned questions, rounds;
};

static struct spf_answer check(const char *from, struct span zone,
	struct arena *a, struct asked *asked_r)
{
	struct spf_query q = { .mail_from = span_of(from),
		.helo = SPAN("mx.example") };
	struct lookup *l = lookup_new(a, 1000);
	struct question *fresh;
	struct spf_answer r;

	netaddr_parse(SPAN("192.0.2.1"), &q.ip);
	*asked_r = (struct asked){ 0 };
	for (;; asked_r->rounds++) {
		spf_check(l, &q, a, &r);
		while ((fresh = lookup_fresh(l))) {
			answer(fresh, zone, a);
			asked_r->questions++;
		}
		if (r.result != AUTH_WAIT)
			return r;
	}
}

/* Lines "text" with the numbers 1 to n for %d. */
static void add_lines(struct buf *b, const char *before, const char *after,
	int n)
{
	for (int i = 1; i <= n; i++)
		buf_printf(b, "%s%d%s", before, i, after);
}

static void expect(struct buf *zone, enum auth_result want,
	const char *problem, unsigned questions)
{
	struct asked asked;
	struct spf_answer r = check("u@e.test", buf_bytes(zone), zone->arena,
		&asked);

	assert_string_equal(auth_result_name(r.result),
		auth_result_name(want));
	expect_span(r.problem, problem);
	assert_int_equal(asked.questions, questions);
	assert_in_range(asked.questions, 1, QUESTIONS_MAX);
}

static void eleven_terms_are_too_many(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "e.test TXT v=spf1");
	add_lines(&b, " a:", ".t.test", 10);
	buf_string(&b, " -all\n");
	add_lines(&b, "", ".t.test A\n", 11);
	expect(&b, AUTH_FAIL, "", 11);
	b.n = 0;
	buf_string(&b, "e.test TXT v=spf1");
	add_lines(&b, " a:", ".t.test", 11);
	buf_string(&b, " -all\n");
	add_lines(&b, "", ".t.test A\n", 11);
	expect(&b, AUTH_PERMERROR, "too many DNS look-ups", 11);
}

static void three_names_that_are_not_there_are_too_many(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "e.test TXT v=spf1 a:x.test exists:y.test -all");
	expect(&b, AUTH_FAIL, "", 3);
	b.n = 0;
	buf_string(&b, "e.test TXT v=spf1 a:x.test exists:y.test mx:z.test "
		"a:w.test -all");
	expect(&b, AUTH_PERMERROR, "too many void look-ups", 4);
}

static void loops_end(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "e.test TXT v=spf1 include:f.test -all\n"
		"f.test TXT v=spf1 include:e.test -all");
	expect(&b, AUTH_PERMERROR, "too many DNS look-ups", 2);
	b.n = 0;
	buf_string(&b, "e.test TXT v=spf1 redirect=f.test\n"
		"f.test TXT v=spf1 redirect=e.test");
	expect(&b, AUTH_PERMERROR, "too many DNS look-ups", 2);
}

static void chains_end(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "e.test TXT v=spf1 redirect=1.test\n");
	for (int i = 1; i < 50; i++)
		buf_printf(&b, "%d.test TXT v=spf1 redirect=%d.test\n", i,
			i + 1);
	expect(&b, AUTH_PERMERROR, "too many DNS look-ups", 11);
	b.n = 0;
	buf_string(&b, "e.test TXT v=spf1 include:1.test\n");
	for (int i = 1; i < 50; i++)
		buf_printf(&b, "%d.test TXT v=spf1 include:%d.test ?all\n", i,
			i + 1);
	expect(&b, AUTH_PERMERROR, "too many DNS look-ups", 11);
}

/* A tree of includes is counted as a whole. */
static void a_tree_ends(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "e.test TXT v=spf1 include:1.test include:2.test "
		"include:3.test include:4.test -all\n");
	for (int i = 1; i < 5; i++)
		buf_printf(&b, "%d.test TXT v=spf1 include:%d1.test "
			"include:%d2.test include:%d3.test -all\n"
			"%d1.test TXT v=spf1 -all\n%d2.test TXT v=spf1 -all\n"
			"%d3.test TXT v=spf1 -all\n", i, i, i, i, i, i, i);
	expect(&b, AUTH_PERMERROR, "too many DNS look-ups", 11);
}

static void a_host_of_a_thousand_names(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "e.test TXT v=spf1 ptr -all\n");
	add_lines(&b, "1.2.0.192.in-addr.arpa PTR ", ".e.test\n", 1000);
	expect(&b, AUTH_FAIL, "", 1 + 1 + 10);
	/* the same ten for all terms and macros */
	b.n = 0;
	buf_string(&b, "e.test TXT v=spf1 ptr ptr:f.test ptr:g.test "
		"?exists:%{p}.h.test ptr:%{p} -all\n");
	add_lines(&b, "1.2.0.192.in-addr.arpa PTR ", ".e.test\n", 1000);
	expect(&b, AUTH_FAIL, "", 1 + 1 + 10 + 1);
}

static void a_hundred_mx_are_too_many(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "e.test TXT v=spf1 mx -all\n");
	add_lines(&b, "e.test MX ", ".e.test\n", 100);
	add_lines(&b, "", ".e.test A\n", 100);
	expect(&b, AUTH_PERMERROR, "more than ten MX", 2);
}

static void macros_stay_within_bounds(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "e.test TXT v=spf1 exists:%{d255r}.x.test -all\n");
	expect(&b, AUTH_FAIL, "", 2);
	b.n = 0;
	buf_string(&b, "e.test TXT v=spf1 exists:%{d0}.x.test -all\n");
	expect(&b, AUTH_PERMERROR, "syntax error in record", 1);
	b.n = 0;
	buf_string(&b, "e.test TXT v=spf1 exists:%{l} -all\n");
	expect(&b, AUTH_FAIL, "", 2);
	b.n = 0;
	buf_string(&b, "e.test TXT v=spf1 exists:%{s}");
	for (int i = 0; i < 500; i++)
		buf_string(&b, "%{S}%{i}");
	buf_string(&b, ".test -all\n");
	expect(&b, AUTH_PERMERROR, "macros expand to too much", 1);
}

static void other_versions_are_none(void **state)
{
	struct buf b = { .arena = *state };

	buf_string(&b, "e.test TXT spf2.\ne.test TXT spf2.0/pra +all\n"
		"e.test TXT v=spf10 +all\ne.test TXT v=spf1+all");
	expect(&b, AUTH_NONE, "", 1);
}

/* Ten terms with ten names each: what RFC 7208 allows at the very most. */
static void the_most_that_can_be_asked(void **state)
{
	struct buf b = { .arena = *state };
	struct asked asked;
	struct spf_answer r;

	buf_string(&b, "e.test TXT v=spf1");
	add_lines(&b, " mx:", ".t.test", 10);
	buf_string(&b, " -all\n");
	for (int i = 1; i <= 10; i++)
		for (int k = 1; k <= 10; k++)
			buf_printf(&b, "%d.t.test MX %d.%d.test\n"
				"%d.%d.test A\n", i, k, i, k, i);
	r = check("u@e.test", buf_bytes(&b), *state, &asked);
	assert_int_equal(r.result, AUTH_FAIL);
	assert_int_equal(asked.questions, 1 + 10 + 100);
}

/* A2, A5 to A7 of the espoofer paper: legit.com allows nobody. */
static const struct {
	const char *from, *domain;
	enum auth_result result;
} tricks[] = {
	{ "(any@legit.com", "legit.com", AUTH_FAIL },
	{ "any@legit.com(a.attack.com", "legit.com(a.attack.com", AUTH_NONE },
	{ "any@legit.com(.attack.com", "legit.com(.attack.com", AUTH_NONE },
	{ "any@legit.com'@any.attack.com", "any.attack.com", AUTH_PASS },
	{ "@legit.com,@any.com:'x@attack.com", "attack.com", AUTH_PASS },
	{ "any@legit.com\\@attack.com", "attack.com", AUTH_PASS },
	{ "any@attack.com@legit.com", "legit.com", AUTH_FAIL },
	{ "\"any@attack.com\"@legit.com", "legit.com", AUTH_FAIL },
	{ "any@legit.com.", "legit.com", AUTH_FAIL },
	{ "any@legit.com..", "legit.com.", AUTH_NONE },
	{ "any@legit.com ", "legit.com ", AUTH_NONE },
	{ "any@legit.com\001.attack.com", "legit.com\001.attack.com",
		AUTH_NONE },
	{ "any@", "", AUTH_NONE },
	{ "@legit.com", "legit.com", AUTH_FAIL },
	{ "legit.com", "legit.com", AUTH_FAIL },
	/* A1: a name below the victim's that is not there */
	{ "any@nowhere.legit.com", "nowhere.legit.com", AUTH_NONE },
};

static void no_trick_passes_for_another_domain(void **state)
{
	static const struct span zone = SPAN("legit.com TXT v=spf1 -all\n"
		"attack.com TXT v=spf1 +all\nany.attack.com TXT v=spf1 +all\n"
		"a.attack.com TXT v=spf1 +all\n");

	for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		struct asked asked;
		struct spf_answer r = check(tricks[i].from, zone, *state,
			&asked);

		if (r.result != tricks[i].result ||
		    !span_is(r.domain, tricks[i].domain))
			fail_msg("%s: %s for \"%.*s\"", tricks[i].from,
				auth_result_name(r.result),
				SPAN_FMT(r.domain));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(eleven_terms_are_too_many),
		TEST(three_names_that_are_not_there_are_too_many),
		TEST(loops_end),
		TEST(chains_end),
		TEST(a_tree_ends),
		TEST(a_host_of_a_thousand_names),
		TEST(a_hundred_mx_are_too_many),
		TEST(macros_stay_within_bounds),
		TEST(other_versions_are_none),
		TEST(the_most_that_can_be_asked),
		TEST(no_trick_passes_for_another_domain),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
