#include "mail/edit.h"

#include "base/utf8.h"

#include "mail_test.h"

/* The raw message with one splice carried out. */
static struct span carry_out(struct arena *a, struct span raw,
	struct edit_splice s)
{
	struct buf b = { .arena = a };

	assert_true(s.at <= raw.n && s.remove <= raw.n - s.at);
	buf_span(&b, span_sub(raw, 0, s.at));
	buf_span(&b, s.insert);
	buf_span(&b, span_after(raw, s.at + s.remove));
	return buf_bytes(&b);
}

static struct span added(struct arena *a, const char *text)
{
	struct span raw = span_of(text);
	struct header h;

	header_parse(raw, LIMITS, a, &h);
	return carry_out(a, raw,
		edit_add_header(&h, SPAN("X"), SPAN("1"), a));
}

static void a_header_is_added_at_the_end(void **state)
{
	expect_span(added(*state, "A: b\r\n\r\nbody"),
		"A: b\r\nX: 1\r\n\r\nbody");
	expect_span(added(*state, "\r\nbody"), "X: 1\r\n\r\nbody");
	expect_span(added(*state, ""), "X: 1\r\n");
	expect_span(added(*state, "A: b"), "A: b\r\nX: 1\r\n");
	expect_span(added(*state, "A: b\r\nno field"),
		"A: b\r\nX: 1\r\nno field");
}

static void a_blank_before_the_value_is_not_doubled(void **state)
{
	struct header h;

	header_parse(SPAN("\r\n"), LIMITS, *state, &h);
	expect_span(edit_add_header(&h, SPAN("X"), SPAN(" 1"), *state).insert,
		"X: 1\r\n");
	expect_span(edit_add_header(&h, SPAN("X"), SPAN(""), *state).insert,
		"X: \r\n");
}

static void the_nth_header_is_changed_or_removed(void **state)
{
	struct span raw = SPAN("A: 1\r\nB: 2\r\n 2\r\nA: 3\r\n\r\nbody");
	struct edit_splice s;
	struct header h;

	header_parse(raw, LIMITS, *state, &h);
	assert_true(edit_change_header(&h, SPAN("b"), 1, SPAN("new"), *state,
		&s));
	expect_span(carry_out(*state, raw, s),
		"A: 1\r\nb: new\r\nA: 3\r\n\r\nbody");
	assert_true(edit_remove_header(&h, SPAN("A"), 2, &s));
	expect_span(carry_out(*state, raw, s),
		"A: 1\r\nB: 2\r\n 2\r\n\r\nbody");
	assert_false(edit_remove_header(&h, SPAN("A"), 3, &s));
	assert_false(edit_change_header(&h, SPAN("C"), 1, SPAN("x"), *state,
		&s));
}

static void ascii_stays_as_it_is(void **state)
{
	expect_span(edit_encode_text(SPAN("[SPAM] hello"), *state),
		"[SPAM] hello");
	expect_span(edit_encode_text(SPAN(""), *state), "");
	expect_span(edit_encode_text(SPAN("a\r\nX: y"), *state), "a  X: y");
}

static void other_text_becomes_encoded_words(void **state)
{
	expect_span(edit_encode_text(SPAN("Grüße"), *state),
		"=?UTF-8?B?R3LDvMOfZQ==?=");
	expect_span(edit_encode_text(SPAN("=?UTF-8?Q?a?="), *state),
		"=?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?=");
	expect_span(edit_encode_text(SPAN("a\0b"), *state),
		"=?UTF-8?B?Ye+/vWI=?=");
}

/* Every word is at most 75 characters and decodes to whole characters. */
static void check_words(struct arena *a, struct span text)
{
	struct span rest = edit_encode_text(text, a), line;

	assert_true(span_eq(header_decode(rest, a), text));
	while (span_line(&rest, &line)) {
		line = span_trim(line);
		assert_true(line.n <= 75);
		assert_true(utf8_valid(header_decode(line, a)));
		assert_int_equal(span_find(header_decode(line, a),
			SPAN("\xef\xbf\xbd")), SIZE_MAX);
	}
}

static void no_character_is_split(void **state)
{
	struct arena *a = *state;

	for (size_t n = 1; n < 80; n++) {
		struct buf b = { .arena = a };

		buf_span(&b, repeat(a, "x", n % 7));
		buf_span(&b, repeat(a, "€", n));
		buf_span(&b, repeat(a, "\xf0\x9f\x98\x80", n));
		check_words(a, buf_bytes(&b));
	}
	check_words(a, repeat(a, "long", 300));
}

static void encode(struct span s, struct arena *a)
{
	struct span out = edit_encode_text(s, a);

	assert_int_equal(span_chr(out, 0), SIZE_MAX);
}

static void any_bytes_can_be_encoded(void **state)
{
	(void)state;
	cut_everywhere(SPAN("a\xff\xc3\0\r\n\xe2\x82\xac\x7f\xf0\x9f\x98"),
		encode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_header_is_added_at_the_end),
		TEST(a_blank_before_the_value_is_not_doubled),
		TEST(the_nth_header_is_changed_or_removed),
		TEST(ascii_stays_as_it_is),
		TEST(other_text_becomes_encoded_words),
		TEST(no_character_is_split),
		TEST(any_bytes_can_be_encoded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
