/* Words and phrases, all at once; and text made comparable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "detect/phrases.h"
#include "mail/casefold.h"

static struct arena *arena;
static struct phrases *index_of_words;

static int set_up(void **state)
{
	static const char *const list[] = { "free money", "Viagra", "Straße",
		"act now, please", "free", "ümlaut", "発票", "l'argent",
		"100%", "free money" };

	(void)state;
	arena = arena_new("test", 256 << 20);
	index_of_words = phrases_new(20, arena);
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		assert_true(phrases_add(index_of_words, span_of(list[i])));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* What is found, commas between. */
static void expect(const char *text, const char *want)
{
	struct span found[20];
	size_t n = phrases_find(index_of_words,
		casefold(span_of(text), arena), 20, found);
	char got[500] = "";

	for (size_t i = 0; i < n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got),
			"%s%.*s", i ? "|" : "", SPAN_FMT(found[i]));
	assert_string_equal(got, want);
}

static void test_words(void **state)
{
	(void)state;
	expect("", "");
	expect("nothing here", "");
	expect("VIAGRA!", "Viagra");
	expect("viagras or xviagra or via gra", "");
	expect("Buy\r\n  vi\xc2\xad" "agra", "Viagra");
	expect("Free  MONEY", "free|free money");
	expect("free-money", "free|free money");
	expect("free", "free");
	expect("money free", "free");
	expect("Act now please", "act now, please");
	expect("act now", "");
	expect("in der STRASSE", "");
	expect("in der STRA\xe1\xba\x9e" "E", "Straße");
	expect("\xc3\x9cMLAUT.", "ümlaut");
	expect("代開発票優惠", "発票");
	expect("L'ARGENT", "l'argent");
	expect("a 100 euros", "100%");
	expect("viagra free viagra", "Viagra|free");
}

static void test_refused(void **state)
{
	(void)state;
	assert_false(phrases_add(index_of_words, SPAN("")));
	assert_false(phrases_add(index_of_words, SPAN(" -!- ")));
	assert_false(phrases_add(index_of_words, SPAN("a b c d e f g h i j k "
		"l m n o p q")));
	assert_true(phrases_add(index_of_words, SPAN("a b c d e f g h i j k "
		"l m n o p")));
	expect("x a b c d e f g h i j k l m n o p q",
		"a b c d e f g h i j k l m n o p");
}

static void test_bounds(void **state)
{
	struct span found[2];
	struct phrases *full = phrases_new(2, arena);

	(void)state;
	assert_true(phrases_add(full, SPAN("a")));
	assert_true(phrases_add(full, SPAN("b")));
	assert_false(phrases_add(full, SPAN("c")));
	assert_int_equal(phrases_find(full, SPAN("b a b"), 1, found), 1);
	assert_int_equal(phrases_find(full, SPAN("b a b"), 2, found), 2);
	assert_int_equal(phrases_find(phrases_new(0, arena), SPAN("a"), 2,
		found), 0);
}

/* 50,000 phrases and 1 MiB of text: linear, whatever the list is. */
static void test_large(void **state)
{
	struct phrases *large = phrases_new(50000, arena);
	struct buf text = { .arena = arena };
	struct span found[10];
	clock_t start;

	(void)state;
	for (unsigned i = 0; i < 50000; i++)
		assert_true(phrases_add(large, span_of(arena_printf(arena,
			"free word%u of all", i))));
	while (text.n < 1 << 20)
		buf_string(&text, "free word x of all money ");
	buf_string(&text, "free word777 of all");
	start = clock();
	assert_int_equal(phrases_find(large, buf_bytes(&text), 10, found), 1);
	assert_true(clock() - start < CLOCKS_PER_SEC);
	assert_true(span_is(found[0], "free word777 of all"));
}

static void test_fold(void **state)
{
	(void)state;
	assert_true(span_is(casefold(SPAN(" A\t\r\nB\xc2\xa0" "C "), arena),
		"a b c"));
	assert_true(span_is(casefold(SPAN("\xce\xa3\xef\xbb\xbf\xff"), arena),
		"\xcf\x83\xef\xbf\xbd"));
	assert_true(span_is(casefold(SPAN(""), arena), ""));
	assert_true(span_is(casefold(SPAN(" \r\n"), arena), ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_fold),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
