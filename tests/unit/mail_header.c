#include "mail/header.h"

#include "mail_test.h"

static struct header parse(struct arena *a, struct span raw)
{
	struct header h;

	header_parse(raw, LIMITS, a, &h);
	return h;
}

static void fields_are_kept_as_they_stand(void **state)
{
	struct header h = parse(*state, SPAN("From: a@example.org\r\n"
		"Subject: one\r\n two\r\nX-Empty:\r\n\r\nbody: no\r\n"));

	assert_int_equal(h.n, 3);
	assert_int_equal(h.flags, 0);
	expect_span(h.fields[0].name, "From");
	expect_span(h.fields[0].value, " a@example.org");
	expect_span(h.fields[1].value, " one\r\n two");
	assert_int_equal(h.fields[1].at, 21);
	assert_int_equal(h.fields[1].size, 20);
	expect_span(h.fields[2].value, "");
	assert_int_equal(h.end, 51);
	assert_int_equal(h.size, 53);
}

static void line_ends_may_be_mixed(void **state)
{
	struct header h = parse(*state,
		SPAN("A: 1\nB: 2\r\n\tx\nC: 3\n\nbody"));

	assert_int_equal(h.n, 3);
	assert_int_equal(h.flags, 0);
	expect_span(h.fields[1].value, " 2\r\n\tx");
	assert_int_equal(h.size, 20);
}

static void a_line_that_is_no_field_ends_the_block(void **state)
{
	struct header h = parse(*state, SPAN("A: 1\r\nno field\r\nB: 2\r\n"));

	assert_int_equal(h.n, 1);
	assert_int_equal(h.size, 6);
	assert_int_equal(h.end, 6);
	assert_int_equal(h.flags, MAIL_BAD_HEADER | MAIL_NO_BLANK_LINE);
}

static void an_mbox_line_is_passed_over(void **state)
{
	struct header h = parse(*state,
		SPAN("From a@example.org Mon Jan  1\r\nA: 1\r\n\r\n"));

	assert_int_equal(h.n, 1);
	expect_span(h.fields[0].name, "A");
	assert_int_equal(h.flags, MAIL_BAD_HEADER);
}

/* Each row is a header and the flags that it must get. */
static void doubts_become_flags(void **state)
{
	static const struct {
		struct span raw;
		unsigned flags;
	} rows[] = {
#define ROW(lit, f) { { (const unsigned char *)lit, sizeof(lit) - 1 }, f }
		ROW("From: a\r\nfrom: b\r\n\r\n", MAIL_AMBIG_FIELD),
		ROW("Subject: a\r\nX: b\r\nSUBJECT: c\r\n\r\n",
			MAIL_AMBIG_FIELD),
		ROW("Received: a\r\nReceived: b\r\n\r\n", 0),
		ROW("From : a\r\n\r\n", MAIL_BAD_HEADER),
		ROW(" From: a\r\n\r\n", MAIL_BAD_HEADER),
		ROW("From\r\n : a\r\n\r\n", MAIL_BAD_HEADER),
		ROW("A: 1\r\nFrom\r\n a\r\n\r\n",
			MAIL_BAD_HEADER | MAIL_NO_BLANK_LINE),
		ROW("A: \xc3\xbc\r\n\r\n", 0),
		ROW("A: \xfc\r\n\r\n", MAIL_BAD_UTF8),
		ROW("A: \xc0\x80\r\n\r\n", MAIL_BAD_UTF8),
		ROW("A: \xed\xa0\x80\r\n\r\n", MAIL_BAD_UTF8),
		ROW("A: 1\r\n  \r\n\r\n", MAIL_BAD_HEADER),
		ROW("A: x\ry\r\n\r\n", MAIL_BAD_HEADER),
		ROW("A: x\0y\r\n\r\n", MAIL_HAS_NUL),
		ROW("A: 1\r\n", MAIL_NO_BLANK_LINE),
		ROW("", MAIL_NO_BLANK_LINE),
		ROW("\r\n", 0),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct header h = parse(*state, rows[i].raw);

		if (h.flags != rows[i].flags)
			fail_msg("row %zu: expected flags %x, got %x", i,
				rows[i].flags, h.flags);
	}
}

static void a_field_is_found_by_name_and_number(void **state)
{
	struct header h = parse(*state,
		SPAN("X: 1\r\nY: 2\r\nx: 3\r\n\r\n"));

	expect_span(header_find(&h, SPAN("X"), 1)->value, " 1");
	expect_span(header_find(&h, SPAN("X"), 2)->value, " 3");
	assert_null(header_find(&h, SPAN("X"), 3));
	assert_null(header_find(&h, SPAN("X"), 0));
	assert_int_equal(header_count(&h, SPAN("x")), 2);
	assert_int_equal(header_count(&h, SPAN("Z")), 0);
}

static void doubtful_fields_are_found(void **state)
{
	struct header h = parse(*state, SPAN(" From: a\r\nTo : b\r\n"
		"Subject\r\n : c\r\n d\r\nDate: e\r\n\r\nx"));

	assert_int_equal(h.n, 4);
	expect_span(h.fields[0].name, "From");
	expect_span(h.fields[0].value, " a");
	expect_span(h.fields[1].name, "To");
	expect_span(h.fields[2].name, "Subject");
	expect_span(h.fields[2].value, " c\r\n d");
	assert_int_equal(h.fields[2].at, 18);
	assert_int_equal(h.fields[2].size, 19);
	for (size_t i = 0; i < 3; i++)
		assert_true(h.fields[i].doubt);
	assert_false(h.fields[3].doubt);
	assert_true(h.end_doubt);
}

/* Each row is a header, a mode, and the fields and size that it then has. */
static void modes_forgive_more(void **state)
{
	static const struct {
		const char *raw;
		unsigned mode;
		size_t n, size;
	} rows[] = {
		{ "A: 1\r\r\nb", HEADER_STRICT, 1, 7 },
		{ "A: 1\rB: 2\r\rb", HEADER_STRICT, 1, 12 },
		{ "A: 1\rB: 2\r\rb", HEADER_CR, 2, 11 },
		{ "A: 1\n\rb\n\nc", HEADER_STRICT, 1, 5 },
		{ "A: 1\n\rb\n\nc", HEADER_CR, 1, 6 },
		{ "A: 1\n \nB: 2\n\nb", HEADER_STRICT, 2, 13 },
		{ "A: 1\n \nB: 2\n\nb", HEADER_BLANKS, 1, 7 },
		{ "A: 1\nx\n y\nB: 2\n\nb", HEADER_STRICT, 1, 5 },
		{ "A: 1\nx\n y\nB: 2\n\nb", HEADER_ON, 2, 16 },
		{ "A: 1\nB : 2\n\nb", HEADER_STRICT, 2, 12 },
		{ "A: 1\nB : 2\n\nb", HEADER_NARROW, 1, 5 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct header h;

		header_parse_part(span_of(rows[i].raw), LIMITS, rows[i].mode,
			NULL, NULL, *state, &h);
		if (h.n != rows[i].n || h.size != rows[i].size)
			fail_msg("row %zu: %zu fields, size %zu", i, h.n,
				h.size);
	}
}

static void too_many_fields_are_flagged_and_the_body_is_found(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	long start = cpu_ms();
	struct header h;

	buf_span(&b, repeat(a, "To: a@example.org\r\n", 500000));
	buf_string(&b, "\r\nbody");
	h = parse(a, buf_bytes(&b));
	assert_int_equal(h.n, LIMITS->headers);
	assert_int_equal(h.flags, MAIL_OVER_HEADERS | MAIL_AMBIG_FIELD);
	assert_int_equal(h.size, b.n - 4);
	expect_fast(start, 1000);
}

static void one_endless_line_is_read_once(void **state)
{
	struct arena *a = *state;
	struct span raw = repeat(a, "Subject: aaaaaaa", 100 << 16);
	long start = cpu_ms();
	struct header h = parse(a, raw);

	assert_int_equal(h.n, 0);
	assert_int_equal(h.size, raw.n);
	assert_int_equal(h.flags, MAIL_OVER_HEADERS | MAIL_NO_BLANK_LINE);
	expect_fast(start, 1000);
}

static void folds_are_undone(void **state)
{
	expect_span(header_unfold(SPAN(" one\r\n two\n\tthree \r\n"), *state),
		"one two\tthree");
	expect_span(header_unfold(SPAN(" a\rb"), *state), "a b");
	expect_span(header_unfold(SPAN(""), *state), "");
}

static void encoded_words_are_decoded(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ " plain", "plain" },
		{ "=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße" },
		{ "=?utf-8?q?Gr=C3=BC=C3=9Fe_an?= alle", "Grüße an alle" },
		{ "=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße" },
		{ "=?windows-1252?Q?=80?=", "€" },
		{ "=?us-ascii*en?Q?abc?=", "abc" },
		{ "=?UTF-8?Q?a?= =?UTF-8?Q?b?=", "ab" },
		{ "=?UTF-8?Q?a?=\r\n =?UTF-8?B?Yg==?= c", "ab c" },
		/* a character split between two words */
		{ "=?UTF-8?Q?=C3?= =?UTF-8?Q?=BC?=", "ü" },
		{ "=?UTF-8?B?4oI=?= =?UTF-8?B?rA==?=", "€" },
		{ "=?x-unknown?Q?=FC?=", "ü" },
		{ "=?x-unknown?Q?=C3=BC?=", "ü" },
		{ "=?UTF-8?Q?=FF?=", "\xef\xbf\xbd" },
		{ "=?UTF-8?Q?a=0D=0Ab?=", "a  b" },
		{ "=?UTF-8?Q?a", "a" },
		{ "=?UTF-8?X?a?=", "=?UTF-8?X?a?=" },
		{ "=?UTF-8?Q?a?= \xfc", "a ü" },
		{ "\xc3\xbc", "ü" },
		{ "x=?UTF-8?Q?a?=y", "xay" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_span(header_decode(span_of(rows[i].in), *state),
			rows[i].out);
}

static void words_without_end_are_linear(void **state)
{
	struct arena *a = *state;
	long start = cpu_ms();

	header_decode(repeat(a, "=?a?q?", 2 << 20), a);
	header_decode(repeat(a, "=?", 4 << 20), a);
	header_decode(repeat(a, "=?utf-8?q?a?= ", 1 << 20), a);
	expect_fast(start, 2000);
}

static void parse_and_decode(struct span s, struct arena *a)
{
	struct header h = parse(a, s);

	for (size_t i = 0; i < h.n; i++)
		header_decode(h.fields[i].value, a);
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(SPAN("From x\r\nA : =?UTF-8?B?R3LDvMOfZQ==?=\r\n"
		" =?utf-8?q?=C3=BC_?= \xff\r\nFrom: b\rc\r\n\t\r\nx\0y: 1\n"
		"\nbody"), parse_and_decode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fields_are_kept_as_they_stand),
		TEST(line_ends_may_be_mixed),
		TEST(a_line_that_is_no_field_ends_the_block),
		TEST(an_mbox_line_is_passed_over),
		TEST(doubts_become_flags),
		TEST(a_field_is_found_by_name_and_number),
		TEST(doubtful_fields_are_found),
		TEST(modes_forgive_more),
		TEST(too_many_fields_are_flagged_and_the_body_is_found),
		TEST(one_endless_line_is_read_once),
		TEST(folds_are_undone),
		TEST(encoded_words_are_decoded),
		TEST(words_without_end_are_linear),
		TEST(any_length_can_be_parsed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
