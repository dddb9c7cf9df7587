/* Regular expressions: what fits, what is refused and with which remedy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "detect/pattern.h"

static struct pattern_room *room;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	room = pattern_room_new(&e);
	return room ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	pattern_room_free(&room);
	return 0;
}

static struct pattern *compile(const char *source, unsigned flags)
{
	struct err e = { 0 };
	struct pattern *p = pattern_compile(room, span_of(source), flags, &e);

	if (p == NULL)
		fail_msg("%s: %s", source, e.text);
	return p;
}

/* found: NULL when nothing fits. */
static void expect(const char *source, unsigned flags, const char *text,
	const char *found)
{
	const struct pattern *p = compile(source, flags);
	struct span s = SPAN("");
	bool yes = pattern_find(p, span_of(text), &s);

	if (yes != pattern_match(p, span_of(text)))
		fail_msg("%s: find and match differ about %s", source, text);
	if (yes != (found != NULL) || (found && !span_is(s, found)))
		fail_msg("%s in %s: got \"%.*s\", want \"%s\"", source, text,
			SPAN_FMT(s), found ? found : "nothing");
}

static void test_find(void **state)
{
	(void)state;
	expect("b+", 0, "abbb bbbb", "bbb");
	expect("b+", 0, "", NULL);
	expect("^x", 0, "a\nx", NULL);
	expect("^x", PATTERN_MULTILINE, "a\nx", "x");
	expect("a.c", 0, "a\nc", NULL);
	expect("a.c", PATTERN_DOTALL, "a\nc", "a\nc");
	expect("ABC", 0, "abc", NULL);
	expect("ABC", PATTERN_CASELESS, "xabc", "abc");
	expect("GRÜSSE", PATTERN_CASELESS | PATTERN_UTF8, "grüsse", "grüsse");
	expect("\\bgrün\\b", PATTERN_CASELESS | PATTERN_UTF8, "x GRÜN y",
		"GRÜN");
	expect("\\p{Lu}\\p{Ll}+", PATTERN_UTF8, "an Ärger", "Ärger");
	expect("^.$", PATTERN_UTF8, "ü", "ü");
	expect("^.$", 0, "ü", NULL);
	expect("x|xyz", 0, "axyz", "xyz");
	expect("z|abc", 0, "abcz", "abc");
	expect("a", PATTERN_UTF8, "a\xff", NULL);
	expect("a", 0, "a\xff", "a");
}

static void refused(const char *source, unsigned flags, const char *part)
{
	struct err e = { 0 };

	if (pattern_compile(room, span_of(source), flags, &e))
		fail_msg("%s was taken", source);
	if (strstr(e.text, part) == NULL)
		fail_msg("%s: \"%s\" has no \"%s\"", source, e.text, part);
}

static void test_refused(void **state)
{
	char long_one[PATTERN_SOURCE_MAX + 2];

	(void)state;
	refused("", 0, "a pattern is 1 to 4000 bytes");
	memset(long_one, 'a', sizeof(long_one));
	long_one[sizeof(long_one) - 1] = 0;
	refused(long_one, 0, "a pattern is 1 to 4000 bytes");
	refused("(a)\\1", 0, "Back-references are unsupported: repeat the "
		"text itself");
	refused("a(?=b)", 0, "Zero-width assertions are not supported: "
		"lookaround has no linear time; test with two patterns");
	refused("(?<!a)b", 0, "test with two patterns");
	refused("a*", 0, "Pattern matches empty buffer: it would fit every "
		"text; write + for *");
	refused("[a", 0, "Unterminated character class starting at index 0");
	refused("a{3,1}", 0, "Invalid repeat at index 1");
	refused("(?R)", 0, "the pattern is refused: ");
	refused("\xff", PATTERN_UTF8, "write the pattern in UTF-8");
}

/* Every one of these takes a backtracking engine minutes or for ever. */
static void test_linear(void **state)
{
	static const char *const slow[] = { "(a+)+b", "(a|aa)+b",
		"(.*a){10}b", "^(([a-z])+.)+[A-Z]([a-z])+$",
		"(x+x+)+y", "([a-zA-Z]+)*!", ".-.-.-.-b" };
	char *text = malloc(PATTERN_TEXT_MAX);
	clock_t start = clock();

	(void)state;
	assert_non_null(text);
	memset(text, 'a', PATTERN_TEXT_MAX);
	for (size_t i = 0; i < sizeof(slow) / sizeof(*slow); i++)
		pattern_match(compile(slow[i], 0), span_from(text,
			PATTERN_TEXT_MAX));
	free(text);
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
}

/* Behind the first mebibyte nothing is looked at; UTF-8 is cut whole. */
static void test_cut(void **state)
{
	size_t n = PATTERN_TEXT_MAX + 10;
	unsigned char *text = malloc(n);
	const struct pattern *wide = compile("a", PATTERN_UTF8);
	const struct pattern *p = compile("xyz", 0);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', n);
	memcpy(text + PATTERN_TEXT_MAX - 3, "xyz", 3);
	assert_true(pattern_match(p, span_from(text, n)));
	memcpy(text + PATTERN_TEXT_MAX - 3, "axyz", 4);
	assert_false(pattern_match(p, span_from(text, n)));
	memcpy(text + PATTERN_TEXT_MAX - 1, "\xc3\xbc", 2);
	assert_true(pattern_match(wide, span_from(text, n)));
	memcpy(text + PATTERN_TEXT_MAX - 2, "\xf0\x9f\x98\x80", 4);
	assert_true(pattern_match(wide, span_from(text, n)));
	text[5] = 0xff;
	assert_false(pattern_match(wide, span_from(text, n)));
	free(text);
}

static void test_no_starts(void **state)
{
	const struct pattern *p = compile("(a{1,500}){1,500}b", 0);
	struct span s;

	(void)state;
	assert_false(pattern_can_find(p));
	assert_true(pattern_match(p, SPAN("xaab")));
	assert_false(pattern_match(p, SPAN("xb")));
	assert_false(pattern_find(p, SPAN("xaab"), &s));
	assert_true(pattern_can_find(compile("a{1,9}b{2}", 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_no_starts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
