/* A stage's answer as front takes it: what an MTA must not see is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../applets/filter/hop.c"

static bool passes(enum action action, struct span code, struct span text)
{
	struct stage_answer given = { .action = action, .code = code,
		.text = text, .rule = SPAN("p/r 50-x.lua:1") }, taken;
	struct buf b = { 0 };
	bool good;

	hop_put_answer(&b, &given);
	good = hop_get_answer(buf_bytes(&b), &taken);
	if (good)
		assert_true(taken.action == action &&
			span_eq(taken.code, code) && span_eq(taken.text, text));
	buf_free(&b);
	return good;
}

static void test_codes(void **state)
{
	(void)state;
	assert_true(passes(ACTION_REJECT, SPAN("5.7.1"), SPAN("no")));
	assert_true(passes(ACTION_REJECT, SPAN("5.123.45"), SPAN("no")));
	assert_true(passes(ACTION_REJECT, SPAN("5.700.100"), SPAN("no")));
	assert_true(passes(ACTION_TEMPFAIL, SPAN("4.3.0"), SPAN("busy")));
	assert_true(passes(ACTION_TEMPFAIL, SPAN(""), SPAN("busy")));
	assert_false(passes(ACTION_REJECT, SPAN("4.7.1"), SPAN("no")));
	assert_false(passes(ACTION_TEMPFAIL, SPAN("5.7.1"), SPAN("no")));
	/* libmilter would refuse each, and the MTA would get no answer. */
	assert_false(passes(ACTION_REJECT, SPAN("5...1"), SPAN("no")));
	assert_false(passes(ACTION_REJECT, SPAN("5..1.1"), SPAN("no")));
	assert_false(passes(ACTION_REJECT, SPAN("5.7.1.1"), SPAN("no")));
	assert_false(passes(ACTION_REJECT, SPAN("5.1.23456"), SPAN("no")));
	assert_false(passes(ACTION_REJECT, SPAN("5.7.1."), SPAN("no")));
	assert_false(passes(ACTION_REJECT, SPAN("5.7"), SPAN("no")));
	assert_false(passes(ACTION_REJECT, SPAN("5.7.x"), SPAN("no")));
}

static void test_actions_and_texts(void **state)
{
	(void)state;
	assert_true(passes(ACTION_DELIVER, SPAN(""), SPAN("")));
	assert_true(passes(ACTION_DISCARD, SPAN(""), SPAN("")));
	assert_false(passes(ACTION_QUARANTINE, SPAN(""), SPAN("")));
	assert_false(passes(ACTION_N, SPAN(""), SPAN("")));
	assert_false(passes(ACTION_REJECT, SPAN("5.7.1"), SPAN("a\r\nb")));
}

static void test_cut(void **state)
{
	struct stage_answer given = { .action = ACTION_REJECT,
		.code = SPAN("5.7.1"), .text = SPAN("no") }, taken;
	struct buf b = { 0 };

	(void)state;
	hop_put_answer(&b, &given);
	for (size_t n = 0; n < b.n; n++)
		assert_false(hop_get_answer(span_sub(buf_bytes(&b), 0, n),
			&taken));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_actions_and_texts),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
