/* mailauth/lookup.c: each question once, names that are none, rdata. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "mailauth/lookup.h"
#include "mailauth/result.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new("test", 16 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void a_question_is_asked_once(void **state)
{
	struct lookup *l = lookup_new(a, 10);
	const struct question *q = lookup_ask(l, SPAN("A.example"), 16);
	struct question *fresh;

	(void)state;
	assert_int_equal(q->state, ASK_PENDING);
	assert_ptr_equal(lookup_ask(l, SPAN("a.Example."), 16), q);
	assert_ptr_not_equal(lookup_ask(l, SPAN("a.example"), 1), q);
	fresh = lookup_fresh(l);
	assert_ptr_equal(fresh, q);
	assert_true(span_is(fresh->name, "a.example"));
	assert_int_equal(fresh->type, 16);
	assert_int_equal(lookup_fresh(l)->type, 1);
	assert_null(lookup_fresh(l));
	fresh->state = ASK_YES;
	assert_int_equal(lookup_ask(l, SPAN("a.example"), 16)->state,
		ASK_YES);
	assert_null(lookup_fresh(l));
	lookup_ask(l, SPAN("b.example"), 16);
	assert_true(span_is(lookup_fresh(l)->name, "b.example"));
}

static void beyond_the_most_it_is_later(void **state)
{
	struct lookup *l = lookup_new(a, 1);

	(void)state;
	lookup_ask(l, SPAN("a.example"), 16);
	assert_int_equal(lookup_ask(l, SPAN("b.example"), 16)->state,
		ASK_LATER);
	assert_int_equal(lookup_ask(l, SPAN("a.example"), 16)->state,
		ASK_PENDING);
	assert_non_null(lookup_fresh(l));
	assert_null(lookup_fresh(l));
}

static void what_is_no_name_is_not_asked(void **state)
{
	struct lookup *l = lookup_new(a, 10);
	unsigned char longest[256];
	struct span s = span_from(longest, 64);

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(lookup_ask(l, s, 1)->state, ASK_NO);
	s.n = 63;
	assert_int_equal(lookup_ask(l, s, 1)->state, ASK_PENDING);
	for (size_t i = 63; i < sizeof(longest); i += 64)
		longest[i] = '.';
	s.n = 254;
	assert_int_equal(lookup_ask(l, s, 1)->state, ASK_NO);
	s.n = 253;
	assert_int_equal(lookup_ask(l, s, 1)->state, ASK_PENDING);
	assert_int_equal(lookup_ask(l, SPAN(""), 1)->state, ASK_NO);
	assert_int_equal(lookup_ask(l, SPAN("."), 1)->state, ASK_NO);
	assert_int_equal(lookup_ask(l, SPAN("a..b"), 1)->state, ASK_NO);
	assert_int_equal(lookup_ask(l, SPAN(".a"), 1)->state, ASK_NO);
	assert_int_equal(lookup_ask(l, SPAN("a.."), 1)->state, ASK_NO);
}

static void txt_is_joined(void **state)
{
	struct span text;

	(void)state;
	assert_true(lookup_txt(SPAN("\2ab\0\1c"), a, &text));
	assert_true(span_is(text, "abc"));
	assert_true(lookup_txt(SPAN("\0"), a, &text));
	assert_int_equal(text.n, 0);
	assert_false(lookup_txt(SPAN(""), a, &text));
	assert_false(lookup_txt(SPAN("\2a"), a, &text));
	assert_false(lookup_txt(SPAN("\1a\1"), a, &text));
}

static void names_are_read(void **state)
{
	struct span name;

	(void)state;
	assert_true(lookup_name(SPAN("\1a\2bc\0"), a, &name));
	assert_true(span_is(name, "a.bc"));
	assert_true(lookup_name(SPAN("\0"), a, &name));
	assert_int_equal(name.n, 0);
	assert_false(lookup_name(SPAN(""), a, &name));
	assert_false(lookup_name(SPAN("\1a"), a, &name));
	assert_false(lookup_name(SPAN("\1a\0x"), a, &name));
	assert_false(lookup_name(SPAN("\3a.b\0"), a, &name));
	assert_false(lookup_name(SPAN("\300\14\0"), a, &name));
}

static void every_result_has_a_word(void **state)
{
	(void)state;
	for (int r = 0; r < AUTH_N; r++)
		assert_non_null(auth_result_name((enum auth_result)r));
	assert_string_equal(auth_result_name(AUTH_TEMPERROR), "temperror");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_asked_once),
		cmocka_unit_test(beyond_the_most_it_is_later),
		cmocka_unit_test(what_is_no_name_is_not_asked),
		cmocka_unit_test(txt_is_joined),
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(every_result_has_a_word),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
