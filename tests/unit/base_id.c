#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"

static void test_new(void **state)
{
	int64_t before = clock_wall_ms();
	struct id a = id_new(), b = id_new(), again;

	(void)state;
	assert_int_equal(strlen(a.text), 36);
	assert_int_equal(a.text[14], '7');
	assert_non_null(strchr("89ab", a.text[19]));
	assert_string_not_equal(a.text, b.text);
	assert_true(id_time_ms(&a) >= before);
	assert_true(id_time_ms(&a) <= clock_wall_ms());
	assert_true(id_parse(span_of(a.text), &again));
	assert_string_equal(again.text, a.text);
}

static void test_parse(void **state)
{
	static const char good[] = "0193b3c0-1234-7abc-8def-0123456789ab";
	struct id id;

	(void)state;
	assert_true(id_parse(span_of(good), &id));
	assert_true(id_time_ms(&id) == 0x0193b3c01234);
	for (size_t n = 0; n < strlen(good); n++)
		assert_false(id_parse(span_sub(span_of(good), 0, n), &id));
	/* Each byte spoiled in turn: a file name must be safe. */
	for (size_t i = 0; i < strlen(good); i++) {
		static const char bad[] = { '/', '.', 'g', 'A', 0, '\n' };

		for (size_t j = 0; j < sizeof(bad); j++) {
			char text[sizeof(good)];

			memcpy(text, good, sizeof(good));
			text[i] = bad[j];
			assert_false(id_parse(span_from(text, 36), &id));
		}
	}
	assert_false(id_parse(SPAN("0193b3c0-1234-7abc-8def-0123456789ab0"),
		&id));
}

static void test_stamp(void **state)
{
	char text[CLOCK_STAMP_SIZE];

	(void)state;
	clock_stamp(1795378625123, text);
	assert_string_equal(text, "2026-11-22T20:17:05.123Z");
	clock_stamp(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	assert_int_equal(clock_left_ms(clock_ms() - 5), 0);
	assert_true(clock_left_ms(clock_ms() + 5000) > 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_stamp),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
