#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "web/http_decode.h"

static struct arena *a;

static const char *path(struct span raw)
{
	struct span out;

	return http_decode_path(raw, a, &out) ? arena_string(a, out) : NULL;
}

static void test_paths(void **state)
{
	static const char *const bad[] = { "", "x", "*", "//", "//evil",
		"/a//b", "/.", "/..", "/../x", "/a/../b", "/a/./b", "/a/..",
		"/%2e%2e/x", "/%2E", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b",
		"/a;b", "/a%3bb", "/%", "/%4", "/%zz", "/%4g", "/%00",
		"/a%00b", "/%0d%0aX: y", "/%0a", "/%7f", "/%ff", "/%c0%ae",
		"/%c3", "/%ed%a0%80", "/%u0041", "/a%2" };
	char longest[HTTP_PATH_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (path(span_of(bad[i])))
			fail_msg("\"%s\" was taken for a path", bad[i]);
	assert_null(path(SPAN("/a\0b")));
	assert_string_equal(path(SPAN("/")), "/");
	assert_string_equal(path(SPAN("/a/b/")), "/a/b/");
	assert_string_equal(path(SPAN("/a+b%20c")), "/a+b c");
	assert_string_equal(path(SPAN("/m%C3%BCll")), "/m\303\274ll");
	assert_string_equal(path(SPAN("/.a..b...")), "/.a..b...");
	/* Decoded once only. */
	assert_string_equal(path(SPAN("/%252e%252e")), "/%2e%2e");
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	assert_non_null(path(span_from(longest, HTTP_PATH_MAX)));
	assert_null(path(span_from(longest, HTTP_PATH_MAX + 1)));
}

static size_t form(struct span raw, struct web_pair **pairs_r)
{
	size_t n;

	return http_decode_form(raw, a, pairs_r, &n) ? n : SIZE_MAX;
}

static void expect(const struct web_pair *pair, const char *name,
	const char *value)
{
	assert_string_equal(arena_string(a, pair->name), name);
	assert_string_equal(arena_string(a, pair->value), value);
}

static void test_forms(void **state)
{
	static const char *const bad[] = { "=", "=x", "a=%", "a=%4",
		"a=%0g", "a=%00", "%00=a", "a=%ff", "%ff=a", "a=\377",
		"a%0a=b", "a=1&b=%c3", "a=%c0%80" };
	struct web_pair *p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (form(span_of(bad[i]), &p) != SIZE_MAX)
			fail_msg("\"%s\" was taken for a form", bad[i]);
	assert_int_equal(form(SPAN("a=\0"), &p), SIZE_MAX);
	assert_int_equal(form(SPAN(""), &p), 0);
	assert_int_equal(form((struct span){ 0 }, &p), 0);
	assert_int_equal(form(SPAN("&&"), &p), 0);
	assert_int_equal(form(SPAN("a=b&a=c&&d&e="), &p), 4);
	expect(&p[0], "a", "b");
	expect(&p[1], "a", "c");
	expect(&p[2], "d", "");
	expect(&p[3], "e", "");
	assert_int_equal(form(SPAN("a+b=c+d%2Be&x=1=2;3"), &p), 2);
	expect(&p[0], "a b", "c d+e");
	expect(&p[1], "x", "1=2;3");
	assert_int_equal(form(SPAN("t=one%0D%0Atwo&u=%3Cscript%3E"), &p), 2);
	expect(&p[0], "t", "one\r\ntwo");
	expect(&p[1], "u", "<script>");
}

static void test_many(void **state)
{
	struct buf b = { .arena = a };
	struct web_pair *p;

	(void)state;
	for (size_t i = 0; i < HTTP_FIELDS_MAX; i++)
		buf_string(&b, "a=1&");
	assert_int_equal(form(buf_bytes(&b), &p), HTTP_FIELDS_MAX);
	buf_string(&b, "a=1");
	assert_int_equal(form(buf_bytes(&b), &p), SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	a = arena_new("test", 16 << 20);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
