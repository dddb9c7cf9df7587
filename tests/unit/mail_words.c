/* Words of a text: what the index holds is what a question asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mail/words.h"

static void splits(struct span text, bool html, const char *expected)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct words w;

	words_begin(&w, a);
	(html ? words_add_html : words_add)(&w, text);
	buf_byte(&w.list, 0);
	assert_string_equal((const char *)w.list.p, expected);
	arena_free(&a);
}

static void words_are_split(void **state)
{
	(void)state;
	splits(SPAN(""), false, "");
	splits(SPAN("a"), false, "");
	splits(SPAN("Hello, hello WORLD-2026!"), false,
		"hello\nworld\n2026\n");
	splits(SPAN("Stra\303\237e \303\234ber"), false,
		"stra\303\237e\n\303\234ber\n");
	splits(SPAN("nul\0in it\377"), false, "nul\nin\nit\377\n");
	/* 40 bytes are a word, 41 are none. */
	splits(SPAN("0123456789012345678901234567890123456789"), false,
		"0123456789012345678901234567890123456789\n");
	splits(SPAN("01234567890123456789012345678901234567890 ok"), false,
		"ok\n");
}

static void tags_part_words(void **state)
{
	(void)state;
	splits(SPAN("<p class=x>Buy<b>now</b> 1 < 2"), true, "buy\nnow\n");
	splits(SPAN("<p>Buy"), false, "buy\n");
	splits(SPAN("open <a href=never closed"), true, "open\n");
}

/* As the one who asks says it, whatever the case; a word is none. */
static void marks_are_lines(void **state)
{
	static char big[1000];
	struct arena *a = arena_new("test", 1 << 20);
	struct words w;

	(void)state;
	words_begin(&w, a);
	words_add_mark(&w, "file", SPAN(" Invoice\n4711.PDF "));
	words_add_mark(&w, "file", SPAN("invoice 4711.pdf"));
	words_add_mark(&w, "hit", SPAN(""));
	words_add(&w, SPAN("hit:name"));
	buf_byte(&w.list, 0);
	assert_string_equal((const char *)w.list.p,
		"file:invoice 4711.pdf\nhit\nname\n");
	assert_true(words_is_mark(SPAN("file:x")));
	assert_false(words_is_mark(SPAN("hit")));
	assert_true(words_mark_number(SPAN("a:b")) ==
		words_mark_number(SPAN("a:b")));
	assert_true(words_mark_number(SPAN("a:b")) !=
		words_mark_number(SPAN("a:c")));
	words_begin(&w, a);
	memset(big, 'x', sizeof(big));
	words_add_mark(&w, "file", span_from(big, sizeof(big)));
	assert_int_equal(w.list.n, MARK_MOST + 1);
	for (int i = 0; i < 2 * MARKS_MAX; i++) {
		snprintf(big, sizeof(big), "%d", i);
		words_add_mark(&w, "n", span_of(big));
	}
	assert_int_equal(w.n, MARKS_MAX);
	words_add(&w, SPAN("room"));
	assert_int_equal(w.n, MARKS_MAX + 1);
	arena_free(&a);
}

static void there_is_an_end(void **state)
{
	struct arena *a = arena_new("test", 4 << 20);
	struct words w;
	char word[16];

	(void)state;
	words_begin(&w, a);
	for (int i = 0; i < WORDS_MAX + 100; i++) {
		snprintf(word, sizeof(word), "w%d", i);
		words_add(&w, span_of(word));
		words_add(&w, span_of(word));
	}
	assert_int_equal(w.n, WORDS_MAX);
	assert_true(w.list.n <= WORDS_BYTES_MAX);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split),
		cmocka_unit_test(tags_part_words),
		cmocka_unit_test(marks_are_lines),
		cmocka_unit_test(there_is_an_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
