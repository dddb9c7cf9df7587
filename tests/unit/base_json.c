#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

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
	json_append(list, json_new_int(5));
	json_append(list, json_new_null());
	json_put(j, "l", list);
	json_put_int(j, "z2", 1);
	json_put_int(j, "z2", 2);
	assert_written(j, "{\"z\":\"a\\\"\\n\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4\","
		"\"a\":null,\"n\":-9007199254740993,\"b\":true,"
		"\"l\":[5,null],\"z2\":2}");
	assert_written(json_new_text(SPAN("")), "\"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
