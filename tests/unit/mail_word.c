#include "mail/word.h"

#include "base/utf8.h"
#include "mail_test.h"

enum { BAD = MAIL_BAD_UTF8, OTHER = MAIL_OTHER_CHARSET };

/* Forms that are not those of RFC 2047, and what clients make of them. */
static void words_are_read_as_clients_do(void **state)
{
	static const struct {
		const char *in, *out;
		unsigned flags;
	} rows[] = {
		{ "=?utf-8?B?w7xi?=", "\xc3\xbc" "b", 0 },
		{ "=?utf-8?q?a?= =?utf-8?q?b?=\r\n =?utf-8?q?c?=", "abc", 0 },
		{ "=?utf-8?q?a?==?utf-8?q?b?=", "ab", 0 },
		{ "x=?utf-8?q?a?=y", "xay", 0 },
		{ "\"=?utf-8?q?a=2Cb?=\" c", "\"a,b\" c", 0 },
		/* a character split between words, with both encodings */
		{ "=?utf-8?B?w7zD?= =?utf-8?Q?=BC?=", "\xc3\xbc\xc3\xbc", 0 },
		{ "=?UTF-8*de?Q?=C3?= =?utf-8?Q?=BC?=", "\xc3\xbc", 0 },
		{ "=?utf-8?B?w7w?=", "\xc3\xbc", 0 },
		{ "=?utf-8?B?w7w==?=", "\xc3\xbc", 0 },
		{ "=?utf-8?B?w7 w=?=", "\xc3\xbc", 0 },
		{ "=?utf-8?Q?=C3=BC_=X=4?=", "\xc3\xbc =X=4", 0 },
		{ "=?utf-8?Q?a b?=", "a b", 0 },
		{ "=?utf-8?Q?a?b?=", "a?b", 0 },
		{ "=?utf-8?b?YWJj", "abc", 0 },
		{ "=?utf-8?b?YWJj <a@b>", "abc <a@b>", 0 },
		{ "=?utf-8?b?YWJj =?utf-8?b?ZGVm?=", "abcdef", 0 },
		{ "=?utf-8?q?a?", "a?", 0 },
		{ "=?utf-8?q?" "?=", "", 0 },
		{ "=?utf-8?q?", "=?utf-8?q?", 0 },
		{ "=??q?a?=", "=??q?a?=", 0 },
		{ "=?utf-8?x?a?=", "=?utf-8?x?a?=", 0 },
		{ "=?windows-1252?q?=80?=", "\xe2\x82\xac", 0 },
		{ "=?no-such?q?a=FF?=", "a\xc3\xbf", OTHER },
		/* bytes that are no text */
		{ "=?utf-8?q?a=FFb?=", "a\xef\xbf\xbd" "b", BAD },
		{ "=?utf-8?q?=C0=AF?=", "\xef\xbf\xbd\xef\xbf\xbd", BAD },
		{ "=?utf-8?q?=ED=A0=80?=",
			"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", BAD },
		{ "=?utf-8?q?a=00b?=", "a\xef\xbf\xbd" "b", BAD },
		{ "=?utf-8?q?=EF=BF=BD?=", "\xef\xbf\xbd", 0 },
		{ "=?utf-8?q?a=0D=0Ab?=", "a  b", 0 },
		{ "=?utf-8?b?DQpYOiB5?=", "  X: y", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned flags = 0;

		expect_span(word_decode(span_of(rows[i].in), *state, &flags),
			rows[i].out);
		if (flags != rows[i].flags)
			fail_msg("%s: expected flags %#x, got %#x",
				rows[i].in, rows[i].flags, flags);
	}
}

static void decode(struct span s, struct arena *a)
{
	unsigned flags = 0;
	struct span text = word_decode(s, a, &flags);

	assert_true(word_size(s) <= s.n);
	assert_true(utf8_valid(text));
	assert_int_equal(span_chr(text, 0), SIZE_MAX);
	assert_int_equal(span_chr(text, '\n'), SIZE_MAX);
	assert_int_equal(span_chr(text, '\r'), SIZE_MAX);
}

static void any_length_can_be_decoded(void **state)
{
	(void)state;
	cut_everywhere(SPAN("=?utf-8*en?B?w7z=?= \r\n =?UTF-8?q?=C3?x y?= "
		"=?a?b?\0\xff =?utf-8?b?DQo=?==?utf-8?q?=0"), decode);
}

static void words_without_end_take_time_in_proportion(void **state)
{
	static const char *const texts[] = {
		"=?a?q?x ", "=?a?q?", "=?", "=?a?b?YQ==", "?=", "=?a?q??",
		"=?utf-8?q?=C3?= ",
	};
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a = arena_new("word", (size_t)1 << 30);
		unsigned flags = 0;

		word_decode(repeat(a, texts[i], 1 << 20), a, &flags);
		arena_free(&a);
	}
	(void)state;
	expect_fast(start, 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_are_read_as_clients_do),
		TEST(any_length_can_be_decoded),
		TEST(words_without_end_take_time_in_proportion),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
