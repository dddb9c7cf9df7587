#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>

#include "base/json.h"

static void assert_written(struct json *j, const char *want)
{
	struct buf b = { 0 };

	json_write(j, &b);
	assert_string_equal(buf_c(&b), want);
	buf_free(&b);
	json_free(&j);
	assert_null(j);
}

static void test_write(void **state)
{
	struct json *j = json_new_object(), *list = json_new_array();

	(void)state;
	json_put_text(j, "z", SPAN("a\"\n\0\xff\xc3\xa4"));
	json_put_string(j, "a", NULL);
	json_put_int(j, "n", -9007199254740993);
	json_put_bool(j, "b", true);
	json_append(list, json_new_real(0.5));
	json_append(list, json_new_real(INFINITY));
	json_append(list, json_new_real(NAN));
	json_append(list, json_new_null());
	json_put(j, "l", list);
	json_put_int(j, "z2", 1);
	json_put_int(j, "z2", 2);
	assert_written(j, "{\"z\":\"a\\\"\\n\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4\","
		"\"a\":null,\"n\":-9007199254740993,\"b\":true,"
		"\"l\":[0.5,null,null,null],\"z2\":2}");
	assert_written(json_new_text(SPAN("")), "\"\"");
}

static void test_parse(void **state)
{
	struct span text;
	struct err e;
	struct json *j = json_parse(SPAN("{\"a\":\"x\",\"n\":7,\"b\":false,"
		"\"l\":[1,2]}"), &e);
	int64_t n;
	bool b;

	(void)state;
	assert_non_null(j);
	assert_true(json_text(json_get(j, "a"), &text));
	assert_true(span_is(text, "x"));
	assert_true(json_int(json_get(j, "n"), &n));
	assert_int_equal(n, 7);
	assert_true(json_bool(json_get(j, "b"), &b));
	assert_false(b);
	assert_int_equal(json_count(json_get(j, "l")), 2);
	assert_true(json_int(json_at(json_get(j, "l"), 1), &n));
	assert_int_equal(n, 2);
	/* Another kind, or nothing there. */
	assert_false(json_int(json_get(j, "a"), &n));
	assert_false(json_text(json_get(j, "nix"), &text));
	assert_null(json_get(json_get(j, "a"), "b"));
	assert_null(json_at(json_get(j, "l"), 2));
	assert_int_equal(json_count(json_get(j, "a")), 0);
	json_free(&j);
}

static void test_bad(void **state)
{
	static const char *const bad[] = { "", "{", "{\"a\":1,\"a\":2}",
		"{} x", "[1,]", "{\"a\":\"\xff\"}", "nul", "[\"\\ud800\"]" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_null(json_parse(span_of(bad[i]), &e));
		assert_true(span_starts(span_of(e.text), SPAN("JSON line")));
		assert_int_equal(e.class, ERR_PERMANENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_bad),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
