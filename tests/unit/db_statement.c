/* The registry: every block is found, whole, and says what it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "db/statement.h"

static void test_one(void **state)
{
	struct statement s;

	(void)state;
	assert_true(statement_find("notify", &s));
	assert_string_equal(s.file, "sql/query/db.sql");
	assert_true(span_is(s.name, "notify"));
	assert_true(span_is(s.about,
		"-- Wakes who listens, at commit. $1 channel text"));
	assert_true(span_is(s.text, "select pg_notify($1, '')"));
	assert_int_equal(s.plan.n, 0);
	assert_true(statement_find("listen_job", &s)); /* the file's last */
	assert_true(span_is(s.text, "listen job"));
	assert_false(statement_find("notif", &s));
	assert_false(statement_find("", &s));
}

static void test_all(void **state)
{
	struct statement s, found;
	size_t i;

	(void)state;
	for (i = 0; statement_at(i, &s); i++) {
		char name[64];

		assert_in_range(s.name.n, 1, sizeof(name) - 1);
		snprintf(name, sizeof(name), "%.*s", SPAN_FMT(s.name));
		if (s.about.n == 0 || s.text.n == 0)
			fail_msg("%s: %s needs a comment and a text", s.file,
				name);
		assert_true(statement_find(name, &found));
		if (found.text.p != s.text.p)
			fail_msg("%s: %s is in %s, too", s.file, name,
				found.file);
		if (span_find(s.text, SPAN("-- name:")) != SIZE_MAX)
			fail_msg("%s: %s swallows the next", s.file, name);
	}
	assert_true(i >= 6);
	assert_false(statement_at(i + 1, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_all),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
