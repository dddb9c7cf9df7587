/* The record of the message log: golden, cut at each length, spoiled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/wire.h"
#include "store/message.h"

static struct span rcpts[] = {
	{ (const unsigned char *)"a@example.org", 13 },
	{ (const unsigned char *)"", 0 },
	{ (const unsigned char *)"c\0d@example.org", 15 },
};
static uint32_t first[] = { 0, 2 }, second[] = { 1 };
static struct message_group groups[] = {
	{ OUTCOME_TAGGED, SPAN(""), SPAN(""),
		SPAN("inbound/spam 50-default.lua:12: prefix_subject\n"),
		first, 2 },
	{ OUTCOME_QUARANTINED, SPAN("Spam"), SPAN("450 4.7.1 x"), SPAN(""),
		second, 1 },
};

static struct message_record sample(void)
{
	struct message_record r = {
		.received_ms = -5, .appliance = SPAN("mx1"),
		.relay_addr = SPAN("2001:db8::1"),
		.relay_name = SPAN("mx.example.net"), .helo = SPAN("h\377"),
		.mail_from = SPAN("s@example.net"), .queue_id = SPAN("4Q"),
		.rcpts = rcpts, .nrcpts = 3, .subject = SPAN("sub\0ject"),
		.header_from = SPAN("From"), .message_id = SPAN("x@y"),
		.size = (uint64_t)1 << 40, .score = -7, .probability = 99,
		.took_ms = 12, .why = SPAN("busy"), .groups = groups,
		.ngroups = 2, .facts = SPAN("f\0"),
	};

	assert_true(id_parse(SPAN("01936c1e-0000-7000-8000-000000000001"),
		&r.id));
	return r;
}

static void all_fields_return(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct message_record r = sample(), got;
	struct buf b = { 0 }, again = { 0 };

	(void)state;
	message_put(&b, &r);
	assert_true(message_get(buf_bytes(&b), a, &got));
	assert_string_equal(got.id.text, r.id.text);
	assert_int_equal(got.received_ms, -5);
	assert_true(got.size == (uint64_t)1 << 40);
	assert_int_equal(got.score, -7);
	assert_int_equal(got.probability, 99);
	assert_int_equal(got.took_ms, 12);
	assert_true(span_eq(got.subject, r.subject));
	assert_true(span_eq(got.message_id, r.message_id));
	assert_true(span_eq(got.why, r.why));
	assert_true(span_eq(got.facts, r.facts));
	assert_int_equal(got.nrcpts, 3);
	assert_true(span_eq(got.rcpts[2], rcpts[2]));
	assert_int_equal(got.ngroups, 2);
	assert_int_equal(got.groups[0].nrcpts, 2);
	assert_int_equal(got.groups[0].rcpts[1], 2);
	assert_true(span_eq(got.groups[1].reason, SPAN("Spam")));
	assert_true(span_eq(got.groups[1].reply, groups[1].reply));
	/* Written again it is the same. */
	message_put(&again, &got);
	assert_true(span_eq(buf_bytes(&b), buf_bytes(&again)));
	buf_free(&b);
	buf_free(&again);
	arena_free(&a);
}

static void cut_anywhere_is_refused(void **state)
{
	struct arena *a = arena_new("test", 1 << 24);
	struct message_record r = sample(), got;
	struct buf b = { 0 };

	(void)state;
	message_put(&b, &r);
	for (size_t n = 0; n < b.n; n++)
		assert_false(message_get(span_sub(buf_bytes(&b), 0, n), a,
			&got));
	buf_byte(&b, 0);
	assert_false(message_get(buf_bytes(&b), a, &got));
	buf_free(&b);
	arena_free(&a);
}

static bool reads(const struct message_record *r)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct message_record got;
	struct buf b = { 0 };
	bool good;

	message_put(&b, r);
	good = message_get(buf_bytes(&b), a, &got);
	buf_free(&b);
	arena_free(&a);
	return good;
}

static void everybody_is_in_one_group(void **state)
{
	uint32_t twice[] = { 0, 1 }, outside[] = { 3 };
	struct message_group wrong[2];
	struct message_record r = sample();

	(void)state;
	assert_true(reads(&r));
	r.groups = wrong;
	memcpy(wrong, groups, sizeof(wrong));
	r.ngroups = 1;
	assert_false(reads(&r));
	r.ngroups = 2;
	wrong[1].rcpts = twice;
	wrong[1].nrcpts = 2;
	assert_false(reads(&r));
	wrong[1].rcpts = outside;
	wrong[1].nrcpts = 1;
	assert_false(reads(&r));
	memcpy(wrong, groups, sizeof(wrong));
	wrong[0].outcome = OUTCOME_N;
	assert_false(reads(&r));
	/* A session that was refused had no recipients. */
	wrong[0] = (struct message_group){ .outcome = OUTCOME_REJECTED };
	r.ngroups = 1;
	r.nrcpts = 0;
	assert_true(reads(&r));
}

static void the_gravest_outcome_counts(void **state)
{
	struct message_record r = sample();

	(void)state;
	assert_int_equal(message_outcome(&r), OUTCOME_QUARANTINED);
	r.ngroups = 1;
	assert_int_equal(message_outcome(&r), OUTCOME_TAGGED);
	r.ngroups = 0;
	assert_int_equal(message_outcome(&r), OUTCOME_DELIVERED);
	assert_string_equal(outcome_name(OUTCOME_DEFERRED), "deferred");
	assert_string_equal(outcome_name(OUTCOME_REDIRECTED), "redirected");
}

/* What a rule repeats of a message cannot pass for a broken signature. */
static void broken_signatures_are_the_filters_word(void **state)
{
	static const char *const no[] = {
		"p/r 50-x.lua:3: mark(k=; breaks-dkim(a.example)",
		"p/r 50-x.lua:3: mark(k=a 5.lua:3: breaks-dkim(a.example)",
		"p/r 50-x.lua:3", "p/r 50-x.lua:: breaks-dkim(a)", ".lua:3", "",
		"50-x.lua:3: breaks-dkim(a)", "p/r 50-x.lua:3:breaks-dkim(a)",
	};
	struct span rule;

	(void)state;
	assert_true(message_breaks(SPAN("all mail/tag it 50-x.lua:31: "
		"breaks-dkim(a.example); add_header(To)"), &rule));
	assert_true(span_is(rule, "all mail/tag it"));
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		assert_false(message_breaks(span_of(no[i]), &rule));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fields_return),
		cmocka_unit_test(cut_anywhere_is_refused),
		cmocka_unit_test(everybody_is_in_one_group),
		cmocka_unit_test(the_gravest_outcome_counts),
		cmocka_unit_test(broken_signatures_are_the_filters_word),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
