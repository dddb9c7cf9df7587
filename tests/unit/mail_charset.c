#include "mail/charset.h"

#include "base/utf8.h"
#include "mail_test.h"

static struct span read_label(const char *label, struct span s,
	struct arena *a)
{
	bool known;
	struct span t = charset_text(s, span_of(label), a, &known);

	assert_true(utf8_valid(t));
	return known ? t : SPAN("(unknown)");
}

static void every_charset_is_read(void **state)
{
	static const struct {
		const char *label, *in, *out;
	} rows[] = {
		{ "utf-8", "caf\xc3\xa9", "café" },
		{ "US-ASCII", "caf\xc3\xa9", "café" },
		{ "", "caf\xe9", "café" },
		{ " ISO-8859-1 ", "\x80 caf\xe9", "€ café" },
		{ "windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет" },
		{ "cp1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет" },
		{ "koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет" },
		{ "iso-8859-5", "\xbf\xe0\xd8\xd2\xd5\xe2", "Привет" },
		{ "ibm866", "\x8f\xe0\xa8\xa2\xa5\xe2", "Привет" },
		{ "iso-8859-2", "\xb1\xe6", "ąć" },
		{ "windows-1250", "\xb9\xe6", "ąć" },
		{ "iso-8859-7", "\xe1\xe2", "αβ" },
		{ "iso-8859-8-i", "\xf9\xec", "של" },
		{ "iso-8859-9", "\xfd\xfe", "ış" },
		{ "iso-8859-15", "\xa4", "€" },
		{ "windows-1256", "\xc7", "ا" },
		{ "tis-620", "\xa1\xa2", "กข" },
		{ "macintosh", "\x8a", "ä" },
		{ "gb2312", "\xd6\xd0\xce\xc4", "中文" },
		{ "GBK", "\xd6\xd0\xce\xc4", "中文" },
		{ "gb18030", "\xd6\xd0\x81\x30\x81\x30", "中\xc2\x80" },
		{ "big5", "\xa4\xa4\xa4\xe5", "中文" },
		{ "shift_jis", "\x93\xfa\x96\x7b \xb1", "日本 ｱ" },
		{ "euc-jp", "\xc6\xfc\xcb\xdc", "日本" },
		{ "iso-2022-jp", "\x1b$BF|K\\\x1b(B.", "日本." },
		{ "euc-kr", "\xc7\xd1", "한" },
		{ "ks_c_5601-1987", "\xc7\xd1", "한" },
		{ "iso-2022-kr", "\x1b$)C\x0eGQ\x0f.", "한." },
		{ "hz-gb-2312", "a~{VPND~}b~~", "a中文b~" },
		{ "utf-7", "Hi Mom -+Jjo--!", "Hi Mom -☺-!" },
		{ "windows-1258", "Vi\xea\xf2t", "Việt" },
		{ "windows-1258", "a\xff", "aÿ" },
		{ "tcvn", "a\xb8", "aá" },
		{ "big5", "\xa4\xa4\x88\x66", "中Ê" },
		{ "viscii", "\xaa", "ế" },
		{ "x-martian", "caf\xe9", "(unknown)" },
		{ "x-martian-of-a-name-so-long", "a", "(unknown)" },
		/* Broken. */
		{ "utf-8", "a\xff" "b", "a\xef\xbf\xbd" "b" },
		{ "shift_jis", "\x81<b>", "\xef\xbf\xbd<b>" },
		{ "shift_jis", "a\x93", "a\xef\xbf\xbd" },
		{ "euc-jp", "\xff" "a", "\xef\xbf\xbd" "a" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span got = read_label(rows[i].label,
			span_of(rows[i].in), *state);

		if (!span_is(got, rows[i].out))
			fail_msg("row %zu (%s): expected \"%s\", got \"%.*s\"",
				i, rows[i].label, rows[i].out, SPAN_FMT(got));
	}
}

#define BYTES(s) span_from(s, sizeof(s) - 1)

static void wide_ones_are_read(void **state)
{
	const struct {
		const char *label;
		struct span in;
		const char *out;
	} rows[] = {
		{ "utf-16le", BYTES("a\0\xac\x20"), "a€" },
		{ "utf-16be", BYTES("\0a\x20\xac"), "a€" },
		{ "utf-16", BYTES("\xfe\xff\0a"), "a" },
		{ "utf-16", BYTES("\xff\xfe" "a\0"), "a" },
		{ "utf-16", BYTES("\0a\0b"), "ab" },
		{ "utf-16", BYTES("a\0b\0"), "ab" },
		{ "utf-16le", BYTES("\x3d\xd8\x00\xde"), "😀" },
		{ "utf-16le", BYTES("\x3d\xd8" "a\0"), "\xef\xbf\xbd" "a" },
		{ "utf-16le", BYTES("a\0\0\0b"),
			"a\xef\xbf\xbd\xef\xbf\xbd" },
		{ "utf-32", BYTES("a\0\0\0\0\xf6\x01\0"), "a😀" },
		{ "utf-32be", BYTES("\0\0\0a\0\0\0\0\0\0"),
			"a\xef\xbf\xbd\xef\xbf\xbd" },
		{ "utf-32le", BYTES("\0\0\0\x7f"), "\xef\xbf\xbd" },
		{ "windows-1251", BYTES("a\0\xcf"), "a\xef\xbf\xbdП" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span got = read_label(rows[i].label, rows[i].in,
			*state);

		if (!span_is(got, rows[i].out))
			fail_msg("row %zu (%s): expected \"%s\", got \"%.*s\"",
				i, rows[i].label, rows[i].out, SPAN_FMT(got));
	}
}

/* A text that ends in the middle of another state. */
static void one_text_leaves_nothing_to_the_next(void **state)
{
	expect_span(read_label("iso-2022-jp", SPAN("\x1b$BF|"), *state),
		"日");
	expect_span(read_label("iso-2022-jp", SPAN("F|"), *state), "F|");
	expect_span(read_label("utf-7", SPAN("+Jj"), *state), "");
	expect_span(read_label("utf-7", SPAN("Jjo-"), *state), "Jjo-");
}

static void long_texts_are_whole(void **state)
{
	struct span in = repeat(*state, "\xcf\xf0 \x93", 100000);
	struct span out = repeat(*state, "Пр “", 100000);

	assert_true(span_eq(read_label("windows-1251", in, *state), out));
}

static void labels_are_judged_by_the_text(void **state)
{
	static const struct {
		const char *label, *in, *text, *other;
		bool html, doubt;
	} rows[] = {
		{ "", "plain", "plain", "", false, false },
		{ "x-martian", "plain", "plain", "", false, false },
		{ "utf-8", "caf\xc3\xa9", "café", "", false, false },
		{ "iso-8859-1", "caf\xe9", "café", "", false, false },
		{ "windows-1251", "\xcf\xf0", "Пр", "", false, false },
		{ "utf-8", "\xef\xbb\xbf" "a", "a", "", false, false },
		{ "us-ascii", "\xef\xbb\xbf" "a", "a", "", false, false },
		/* No label, or one that says too little. */
		{ "", "caf\xe9", "café", "", false, true },
		{ "", "caf\xc3\xa9", "café", "", false, false },
		{ "us-ascii", "caf\xc3\xa9", "café", "cafÃ©", false, true },
		{ "us-ascii", "\x1b$BF|\x1b(B", "日", "\x1b$BF|\x1b(B",
			false, true },
		{ "", "\x1b[1mbold", "\x1b[1mbold", "", false, false },
		{ "utf-8", "\x1b$BF|\x1b(B", "\x1b$BF|\x1b(B", "日",
			false, true },
		/* A wrong one. */
		{ "utf-8", "caf\xe9", "caf\xef\xbf\xbd", "café",
			false, true },
		{ "iso-8859-1", "caf\xc3\xa9", "cafÃ©", "café",
			false, true },
		{ "iso-8859-1", "\xef\xbb\xbf\xc3\xa9", "é", "Ã©",
			false, true },
		{ "iso-2022-jp", "caf\xe9", "caf\xef\xbf\xbd", "café",
			false, true },
		{ "utf-16", "ab", "扡", "慢\nab\n", false, true },
		{ "utf-7", "+Jjo-", "☺", "+Jjo-", false, true },
		{ "utf-7", "plain", "plain", "", false, false },
		/* A page that says otherwise. */
		{ "utf-8", "<meta charset=koi8-r>\xc3\xa9",
			"<meta charset=koi8-r>é",
			"<meta charset=koi8-r>ц╘", true, true },
		{ "utf-8", "<meta charset=koi8-r>\xc3\xa9",
			"<meta charset=koi8-r>é", "", false, false },
		{ "", "<META content='text/html; charset = \"KOI8-R\"'>\xf0",
			"<META content='text/html; charset = \"KOI8-R\"'>П",
			"<META content='text/html; charset = \"KOI8-R\"'>ð",
			true, true },
		{ "utf-8", "<meta charset=utf-7>+ADw-", "<meta charset=utf-7>"
			"+ADw-", "<meta charset=utf-7><", true, true },
		{ "utf-8", "<meta charset=utf-16>\xc3\xa9",
			"<meta charset=utf-16>é", "", true, false },
		{ "utf-8", "<meta charset=koi8-r>a", "<meta charset=koi8-r>a",
			"", true, false },
		{ "utf-8", "<meta><meta charset=>\xc3\xa9",
			"<meta><meta charset=>é", "", true, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct charset_reading r;

		charset_read(span_of(rows[i].in), span_of(rows[i].label),
			rows[i].html, *state, &r);
		if (!span_is(r.text, rows[i].text) ||
		    !span_is(r.other, rows[i].other) ||
		    r.doubt != rows[i].doubt)
			fail_msg("row %zu: got \"%.*s\", \"%.*s\", %d", i,
				SPAN_FMT(r.text), SPAN_FMT(r.other), r.doubt);
	}
}

static void wide_marks_win(void **state)
{
	struct charset_reading r;

	charset_read(BYTES("\xff\xfe" "a\0"), SPAN("us-ascii"), false, *state,
		&r);
	expect_span(r.text, "a");
	assert_true(r.doubt);
	charset_read(BYTES("\xff\xfe" "a\0"), SPAN("iso-8859-1"), false,
		*state, &r);
	expect_span(r.text, "a");
	expect_span(r.other, "ÿþa\xef\xbf\xbd");
	charset_read(BYTES("\xff\xfe" "a\0"), SPAN("utf-16"), false, *state,
		&r);
	expect_span(r.text, "a");
	expect_span(r.other, "");
	assert_false(r.doubt);
}

static void code_pages_have_labels(void **state)
{
	expect_span(charset_of_codepage(1251, *state), "cp1251");
	expect_span(charset_of_codepage(65001, *state), "cp65001");
	expect_span(charset_of_codepage(12345, *state), "cp1252");
	expect_span(read_label("cp932", SPAN("\x93\xfa"), *state), "日");
}

static void parse(struct span s, struct arena *a)
{
	static const char *const labels[] = {
		"", "utf-8", "iso-2022-jp", "utf-7", "hz", "utf-16", "big5",
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct charset_reading r;

		charset_read(s, span_of(labels[i]), true, a, &r);
		assert_true(utf8_valid(r.text) && utf8_valid(r.other));
	}
}

static void any_length_can_be_read(void **state)
{
	(void)state;
	cut_everywhere(BYTES("<meta charset=\"gbk\">\x1b$BF|\x1b(B +Jjo-"
		"~{VP~}\xc3\xa9\0\xff\xf0\x9f"), parse);
	cut_everywhere(BYTES("\xff\xfe" "a\0\x3d\xd8\x00\xde"), parse);
}

static void plain_text_costs_a_look(void **state)
{
	struct span s = repeat(*state, "Plain text, 32 bytes in a line.\n",
		1 << 20);
	struct charset_reading r;
	long start = cpu_ms();

	for (int i = 0; i < 10; i++) {
		charset_read(s, SPAN("utf-8"), true, *state, &r);
		assert_ptr_equal(r.text.p, s.p);
	}
	expect_fast(start, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_charset_is_read),
		TEST(wide_ones_are_read),
		TEST(one_text_leaves_nothing_to_the_next),
		TEST(long_texts_are_whole),
		TEST(labels_are_judged_by_the_text),
		TEST(wide_marks_win),
		TEST(code_pages_have_labels),
		TEST(any_length_can_be_read),
		TEST(plain_text_costs_a_look),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	charset_open_all();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
