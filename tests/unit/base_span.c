#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/span.h"

static void test_parts(void **state)
{
	struct span s = SPAN("hello");

	(void)state;
	assert_true(span_is(span_sub(s, 1, 3), "ell"));
	assert_true(span_is(span_sub(s, 1, SIZE_MAX), "ello"));
	assert_true(span_is(span_after(s, 5), ""));
	assert_true(span_is(span_after(s, SIZE_MAX), ""));
	assert_null(span_sub((struct span){ NULL, 0 }, 3, 4).p);
	assert_int_equal(span_of(NULL).n, 0);
	assert_int_equal(SPAN("a\0b").n, 3);
}

static void test_compare(void **state)
{
	(void)state;
	assert_true(span_eq(span_of(NULL), SPAN("")));
	assert_false(span_eq(SPAN("a\0b"), SPAN("a\0c")));
	assert_true(span_caseeq(SPAN("Content-TYPE"), SPAN("content-type")));
	/* Only ASCII letters fold: '@' and '`' differ by the same bit. */
	assert_false(span_caseeq(SPAN("@"), SPAN("`")));
	assert_false(span_caseeq(SPAN("\xc4"), SPAN("\xe4")));
	assert_true(span_starts(SPAN("abc"), SPAN("")));
	assert_false(span_starts(SPAN("ab"), SPAN("abc")));
	assert_true(span_casestarts(SPAN("ABc"), SPAN("ab")));
	assert_true(span_ends(SPAN("abc"), SPAN("bc")));
	assert_false(span_ends(SPAN("bc"), SPAN("abc")));
	assert_int_equal(span_cmp(SPAN("ab"), SPAN("abc")), -1);
	assert_int_equal(span_cmp(SPAN("abc"), SPAN("ab")), 1);
	assert_true(span_cmp(SPAN("\xff"), SPAN("a")) > 0);
	assert_int_equal(span_cmp(SPAN(""), SPAN("")), 0);
}

static void test_find(void **state)
{
	(void)state;
	assert_int_equal(span_find(SPAN("abcabc"), SPAN("ca")), 2);
	assert_int_equal(span_find(SPAN("abc"), SPAN("abcd")), SIZE_MAX);
	assert_int_equal(span_find(SPAN(""), SPAN("")), 0);
	assert_int_equal(span_casefind(SPAN("xABC"), SPAN("abc")), 1);
	assert_int_equal(span_casefind(SPAN("ab"), SPAN("abc")), SIZE_MAX);
	assert_int_equal(span_chr(SPAN("a\0b"), 0), 1);
	assert_int_equal(span_chr(SPAN(""), 'a'), SIZE_MAX);
	assert_int_equal(span_rchr(SPAN("a/b/c"), '/'), 3);
	assert_true(span_is(span_trim(SPAN(" \t\r\na b\r\n")), "a b"));
	assert_int_equal(span_trim(SPAN(" \t ")).n, 0);
}

/* The pieces of s, joined by '|'. */
static void assert_cut(const char *s, const char *want)
{
	struct span rest = span_of(s), piece;
	char got[64] = "";
	size_t n = 0;

	while (span_cut(&rest, ',', &piece)) {
		for (size_t i = 0; i < piece.n; i++)
			got[n++] = (char)piece.p[i];
		got[n++] = '|';
	}
	assert_string_equal(got, want);
}

static void test_cut(void **state)
{
	(void)state;
	assert_cut("", "");
	assert_cut("a", "a|");
	assert_cut("a,", "a|");
	assert_cut("a,,b", "a||b|");
	assert_cut(",", "|");
}

static void test_lines(void **state)
{
	static const char *const want[] = { "one", "two", "", "a\rb",
		"end\r" };
	struct span rest = SPAN("one\ntwo\r\n\na\rb\r\nend\r"), line;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_true(span_line(&rest, &line));
		assert_true(span_is(line, want[i]));
	}
	assert_false(span_line(&rest, &line));
}

static void test_numbers(void **state)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "0x1",
		"1.0", "18446744073709551616", "99999999999999999999",
		"000000000000000000001" };
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(span_u64(span_of(bad[i]), UINT64_MAX, &v));
	assert_true(span_u64(SPAN("18446744073709551615"), UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_true(span_u64(SPAN("0010"), 10, &v));
	assert_int_equal(v, 10);
	assert_false(span_u64(SPAN("11"), 10, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_numbers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
