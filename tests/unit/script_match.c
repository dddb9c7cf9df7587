#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "script/match.h"

/* "at-end", captures behind it; or the error; as one text. */
static const char *show(struct span subject, const char *pattern,
	size_t steps)
{
	static char out[256];
	struct match m = { .subject = subject, .pattern = span_of(pattern),
		.steps = steps };
	size_t end, n;

	for (size_t at = 0; at <= subject.n; at++)
		switch (match_at(&m, at, &end)) {
		case MATCH_FAILED:
			return m.error;
		case MATCH_YES:
			n = (size_t)snprintf(out, sizeof(out), "%zu-%zu", at,
				end);
			for (unsigned i = 0; i < m.ncaptures; i++)
				n += (size_t)snprintf(out + n, sizeof(out) - n,
					m.capture[i].kind == CAPTURE_POSITION ?
					" @%zu" : " %zu+%zu", m.capture[i].at,
					m.capture[i].n);
			return out;
		case MATCH_NO:
			break;
		}
	return "no";
}

/* Checked against Lua 5.4's own find. */
static const struct row {
	const char *subject, *pattern, *shown;
} rows[] = {
	{ "hello", "l+", "2-4" }, { "hello", "l-o", "2-5" },
	{ "hello", "x*", "0-0" }, { "hello", "h?e", "0-2" },
	{ "hello", "o$", "4-5" }, { "hello", "l$", "no" },
	{ "a.b", "%.", "1-2" }, { "key = v", "(%w+)%s*=%s*(%w+)",
		"0-7 0+3 6+1" },
	{ "aXb", "%u", "1-2" }, { "aXb", "%L", "1-2" },
	{ "a]b", "[]]", "1-2" }, { "a]b", "[^]a]", "2-3" },
	{ "a-b", "[a-]+", "0-2" }, { "x9", "[%d]", "1-2" },
	{ "f(a(b)c)d", "%b()", "1-8" }, { "f(a(b", "%b()", "no" },
	{ "THE (quick) fox", "%f[%a]%a+%f[%A]", "0-3" },
	{ "abcabc", "(abc)%1", "0-6 0+3" }, { "abcabd", "(abc)%1", "no" },
	{ "abc", "()b()", "1-2 @1 @2" },
	{ "aaab", "(a-)(a*)b", "0-4 0+0 0+3" },
	{ "aab", "(a*)ab", "0-3 0+1" }, { "ab", "((a)(b))", "0-2 0+2 0+1 1+1" },
	{ "", "", "0-0" }, { "a$b", "$b", "1-3" },
	{ "a", "(a", "unfinished capture" },
	{ "a", "a)", "invalid pattern capture" },
	{ "a", "[a", "malformed pattern (missing ']')" },
	{ "a", "[a%", "malformed pattern (missing ']')" },
	{ "a", "a%", "malformed pattern (ends with '%')" },
	{ "a", "%b", "malformed pattern (missing arguments to '%b')" },
	{ "a", "%fa", "missing '[' after '%f' in pattern" },
	{ "a", "%1", "invalid capture index in pattern" },
	{ "a", "(%1)", "invalid capture index in pattern" },
	{ "a", "()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()"
		"()()()", "too many captures" },
};

static void test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(show(span_of(rows[i].subject),
			rows[i].pattern, 100000), rows[i].shown);
	assert_string_equal(show(SPAN("a\0b"), "%z", 99), "no");
	assert_string_equal(show(SPAN("a\0b"), "[^%w]b", 99), "1-3");
}

/* Cut anywhere, every pattern of the table matches or says why not. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t n = 0; rows[i].pattern[n]; n++) {
			char pattern[128];

			snprintf(pattern, sizeof(pattern), "%.*s", (int)n,
				rows[i].pattern);
			assert_non_null(show(span_of(rows[i].subject),
				pattern, 10000));
		}
}

/* With any budget the answer is the full one or "too many steps". */
static void test_budget(void **state)
{
	char full[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct span subject = span_of(rows[i].subject);
		bool done = false;

		snprintf(full, sizeof(full), "%s", rows[i].shown);
		for (size_t steps = 0; steps < 300 && !done; steps++) {
			const char *s = show(subject, rows[i].pattern, steps);

			done = s != match_out_of_steps;
			if (done)
				assert_string_equal(s, full);
		}
		assert_true(done);
	}
	assert_ptr_equal(show(SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ".-.-.-.-.-b", 1000000),
		match_out_of_steps);
}

static void test_plain(void **state)
{
	(void)state;
	assert_true(match_is_plain(SPAN("plain\0text")));
	assert_false(match_is_plain(SPAN("a.b")));
	assert_false(match_is_plain(SPAN("a%")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_plain),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
