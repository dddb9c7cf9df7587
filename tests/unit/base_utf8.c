#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "base/utf8.h"

static void test_forms(void **state)
{
	static const struct {
		const char *s;
		size_t n;
		uint32_t code;
	} rows[] = {
		{ "a", 1, 'a' }, { "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 }, { "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 }, { "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 }, { "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		/* Overlong, surrogates, too high, alone, cut. */
		{ "\xc0\x80", 0, 0 }, { "\xc1\xbf", 0, 0 },
		{ "\xe0\x9f\xbf", 0, 0 }, { "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 }, { "\xed\xbf\xbf", 0, 0 },
		{ "\xf4\x90\x80\x80", 0, 0 }, { "\xf8\x88\x80\x80\x80", 0, 0 },
		{ "\x80", 0, 0 }, { "\xff", 0, 0 }, { "\xc2", 0, 0 },
		{ "\xc2" "a", 0, 0 }, { "\xe2\x82", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t code = 0;

		assert_int_equal(utf8_next(span_of(rows[i].s), &code),
			rows[i].n);
		assert_int_equal(code, rows[i].code);
	}
	assert_int_equal(utf8_next(SPAN(""), NULL), 0);
}

/* Every code point comes back as it was put. */
static void test_round(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (uint32_t c = 0; c < 0x110010; c++) {
		bool whole = c < 0xd800 || (c > 0xdfff && c < 0x110000);
		uint32_t got;

		b.n = 0;
		utf8_put(&b, c);
		assert_int_equal(utf8_next(buf_bytes(&b), &got), b.n);
		assert_int_equal(got, whole ? c : 0xfffd);
	}
	buf_free(&b);
}

static void test_sanitise(void **state)
{
	struct buf b = { 0 };

	(void)state;
	utf8_sanitise(&b, SPAN("a\0\xc3\xa4\xff\xe2\x82z"));
	assert_string_equal(buf_c(&b), "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd"
		"\xef\xbf\xbd\xef\xbf\xbdz");
	assert_true(utf8_valid(buf_bytes(&b)));
	assert_false(utf8_valid(SPAN("a\xff")));
	buf_free(&b);
}

static void assert_shown(struct span s, const char *want)
{
	char out[128];

	utf8_printable(s, out, sizeof(out));
	assert_string_equal(out, want);
}

static void test_printable(void **state)
{
	(void)state;
	assert_shown(SPAN("plain text"), "plain text");
	assert_shown(SPAN("a\nb\x1b[2J\0\x7f"), "a\\x0ab\\x1b[2J\\x00\\x7f");
	assert_shown(SPAN("\xc3\xa4\xff"), "\xc3\xa4\\xff");
	assert_shown(SPAN("\xe2\x80\xaetxt.exe"), "\\u{202e}txt.exe");
	assert_shown(SPAN("\xc2\x9b"), "\\u{009b}");
	assert_shown(SPAN(""), "");
}

/* At every size: a C string, never half an escape or half a character. */
static void test_printable_sizes(void **state)
{
	static const char want[] = "abc\\x0ad\xc3\xa4" "e";
	struct span s = SPAN("abc\nd\xc3\xa4" "e");

	(void)state;
	for (size_t size = 1; size <= sizeof(want) + 2; size++) {
		char out[32];
		size_t n;

		memset(out, '#', sizeof(out));
		utf8_printable(s, out, size);
		n = strlen(out);
		assert_true(n < size);
		assert_memory_equal(out, want, n);
		assert_true(n <= 3 || n >= 7);
		assert_int_not_equal(n, 9);
		assert_int_equal(out[size], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_sanitise),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_printable_sizes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
