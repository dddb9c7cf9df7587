/* Version numbers: read, written, in their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/version.h"

static void reads_three_numbers(void **state)
{
	uint32_t v, w;
	char name[VERSION_SIZE];

	(void)state;
	assert_true(version_read(SPAN("1.20.3"), &v));
	version_name(v, name);
	assert_string_equal(name, "1.20.3");
	assert_true(version_read(SPAN("1.3.20"), &w) && w < v);
	assert_true(version_read(SPAN("2.0.0"), &w) && w > v);
	version_name(version_own(), name);
	assert_string_equal(name, VERSION_TEXT);
}

static void refuses_what_is_none(void **state)
{
	static const char *const bad[] = { "", "1", "1.2", "1.2.3.4", "1.2.3.",
		".1.2", "1..2", "a.b.c", "1.2.3x", "1.2.1024", "-1.2.3" };
	uint32_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(version_read(span_of(bad[i]), &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_three_numbers),
		cmocka_unit_test(refuses_what_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
