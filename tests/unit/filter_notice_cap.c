/* Notices are bounded per person and hour; nobody else pays for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../applets/filter/notice_cap.c"

enum { START = 1000 };

static size_t left_out(const char *const *who, size_t n, int64_t now_ms)
{
	struct span to[16];
	struct notice notices[2] = { { .to = to, .nto = n }, { .nto = 0 } };
	struct group g = { .notices = notices, .nnotices = 1 };
	struct verdict v = { .groups = &g, .ngroups = 1 };
	size_t out;

	for (size_t i = 0; i < n; i++)
		to[i] = span_of(who[i]);
	out = notice_cap(&v, now_ms);
	assert_int_equal(g.nnotices, n > out);
	assert_int_equal(g.nnotices ? notices[0].nto : 0, n - out);
	/* Who is left is who came first of those that may. */
	if (out == 1 && n == 2)
		assert_true(span_is(to[0], who[1]));
	return out;
}

static void test_one_person(void **state)
{
	static const char *const a[] = { "a@example.org", "b@example.org" };
	static const char *const same[] = { "A@EXAMPLE.org" };

	(void)state;
	for (int i = 0; i < NOTICE_CAP; i++)
		assert_int_equal(left_out(a, 1, START + i), 0);
	assert_int_equal(left_out(same, 1, START + 90), 1);
	assert_int_equal(left_out(a, 2, START + 91), 1);
	assert_int_equal(left_out(a, 1, START + NOTICE_CAP_MS - 1), 1);
	assert_int_equal(left_out(a, 1, START + NOTICE_CAP_MS), 0);
}

static void test_hours_end(void **state)
{
	static const char *const who[] = { "c@example.org" };
	const struct person *p;

	(void)state;
	for (int i = 0; i < NOTICE_CAP + 5; i++)
		left_out(who, 1, START);
	p = person_of(SPAN("c@example.org"), START);
	assert_int_equal(p->had, NOTICE_CAP);
	assert_int_equal(p->missed, 5);
	for (int i = 0; i < SETS / TENDED; i++)
		notice_cap_tend(START + NOTICE_CAP_MS);
	assert_int_equal(p->key, 0);
}

/* A flood of others does not give an attacked person a new hour. */
static void test_many_persons(void **state)
{
	static const char *const who[] = { "d@example.org" };
	char name[40];
	const char *one = name;

	(void)state;
	for (int i = 0; i < NOTICE_CAP; i++)
		left_out(who, 1, START);
	for (unsigned i = 0; i < 3 * NOTICE_CAP_PERSONS; i++) {
		snprintf(name, sizeof(name), "u%u@example.org", i);
		assert_int_equal(left_out(&one, 1, START), 0);
	}
	assert_int_equal(left_out(who, 1, START), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_person),
		cmocka_unit_test(test_hours_end),
		cmocka_unit_test(test_many_persons),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
