/* mailauth/spf.c: limits and hostile records (security.md B72, B73). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "mailauth/spf.h"

struct record {
	const char *name, *text;
};

static struct arena *a;
static unsigned asked;

/* TXT answers from the table, all else exists not. */
static void answer(struct question *q, const struct record *zone)
{
	q->state = ASK_NO;
	q->records = arena_array(a, 4, sizeof(*q->records));
	for (; q->type == LOOKUP_TXT && zone->name; zone++) {
		struct buf b = { .arena = a };
		struct span text = span_of(zone->text);

		if (!span_is(q->name, zone->name))
			continue;
		buf_byte(&b, (unsigned char)text.n);
		buf_span(&b, text);
		q->records[q->nrecords++] = buf_bytes(&b);
		q->state = ASK_YES;
	}
}

static struct spf_answer check(const char *from, const struct record *zone)
{
	struct spf_query q = { .mail_from = span_of(from),
		.helo = SPAN("mx.example") };
	struct lookup *l;
	struct spf_answer r;
	struct question *fresh;

	netaddr_parse(SPAN("192.0.2.1"), &q.ip);
	a = arena_new("test", 16 << 20);
	l = lookup_new(a, 100);
	asked = 0;
	do {
		spf_check(l, &q, a, &r);
		while ((fresh = lookup_fresh(l))) {
			answer(fresh, zone);
			asked++;
		}
	} while (r.result == AUTH_WAIT);
	return r;
}

static void expect(const char *record, enum auth_result want)
{
	const struct record zone[] = { { "e.test", record }, { 0 } };

	assert_string_equal(auth_result_name(check("u@e.test", zone).result),
		auth_result_name(want));
	assert_in_range(asked, 1, 40);
	arena_free(&a);
}

static void limits_end_in_permerror(void **state)
{
	(void)state;
	expect("v=spf1 include:e.test -all", AUTH_PERMERROR);
	expect("v=spf1 redirect=e.test", AUTH_PERMERROR);
	expect("v=spf1 a:x.test mx:y.test -all", AUTH_FAIL);
	expect("v=spf1 a:x.test mx:y.test exists:z.test -all",
		AUTH_PERMERROR);
	expect("v=spf1 exists:%{l} -all", AUTH_FAIL);
	expect("v=spf1 exists:%{d255r}.test -all", AUTH_FAIL);
	expect("spf2.0/mfrom +all", AUTH_NONE);
}

static void two_records_are_an_error(void **state)
{
	const struct record zone[] = { { "e.test", "v=spf1 +all" },
		{ "e.test", "v=spf1 -all" }, { 0 } };

	(void)state;
	assert_int_equal(check("u@e.test", zone).result, AUTH_PERMERROR);
	arena_free(&a);
}

static void a_sender_that_is_no_domain_is_none(void **state)
{
	const struct record zone[] = { { "e.test", "v=spf1 +all" }, { 0 } };

	(void)state;
	assert_int_equal(check("u@e.test(.x.test", zone).result, AUTH_NONE);
	arena_free(&a);
	assert_int_equal(check("any@e.test'@x.test", zone).result, AUTH_NONE);
	arena_free(&a);
}

static void an_explanation_is_printable(void **state)
{
	const struct record zone[] = { { "e.test", "v=spf1 -all exp=x.test" },
		{ "x.test", "no, %{l}" }, { 0 } };
	struct spf_answer r = check("\033u@e.test", zone);

	(void)state;
	assert_int_equal(r.result, AUTH_FAIL);
	assert_true(span_is(r.explanation, "no, ?u"));
	assert_true(span_is(r.mechanism, "-all"));
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_end_in_permerror),
		cmocka_unit_test(two_records_are_an_error),
		cmocka_unit_test(a_sender_that_is_no_domain_is_none),
		cmocka_unit_test(an_explanation_is_printable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
