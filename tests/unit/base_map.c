#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/map.h"

/* Made by CPython's hash() of bytes with PYTHONHASHSEED=0: siphash13. */
static void test_hash(void **state)
{
	static const struct {
		const char *s;
		uint64_t hash;
	} rows[] = {
		{ "a", 0x407448d2b89b1813 }, { "abc", 0xc03bc3a0042630f2 },
		{ "abcdefgh", 0x3f7b849c0b8e35ea },
		{ "abcdefghijklmno", 0x1fd27a29b0e9dc7a },
	};
	const uint64_t key[2] = { 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_true(map_hash(key, span_of(rows[i].s)) ==
			rows[i].hash);
}

static void test_many(void **state)
{
	struct arena *a = arena_new("test", 16 << 20);
	struct map *m = map_new(a);
	static int values[10000];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		char *key = arena_printf(a, "key %d", i);

		assert_null(map_put(m, span_of(key), &values[i]));
	}
	assert_int_equal(map_count(m), 10000);
	for (int i = 0; i < 10000; i++) {
		char key[32];

		snprintf(key, sizeof(key), "key %d", i);
		assert_ptr_equal(map_get(m, span_of(key)), &values[i]);
	}
	assert_null(map_get(m, SPAN("key 10000")));
	assert_null(map_get(m, SPAN("")));
	arena_free(&a);
}

static void test_replace(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct map *m = map_new(a);
	int one, two;

	(void)state;
	assert_null(map_put(m, SPAN(""), &one));
	assert_ptr_equal(map_put(m, SPAN(""), &two), &one);
	assert_ptr_equal(map_get(m, SPAN("")), &two);
	assert_null(map_put(m, SPAN("a\0b"), &one));
	assert_null(map_get(m, SPAN("a\0c")));
	assert_int_equal(map_count(m), 2);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_replace),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
