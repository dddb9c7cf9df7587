#include "mail/flowed.h"

#include "mail/mime.h"
#include "mail_test.h"

static void lines_flow(void **state)
{
	static const struct {
		const char *in, *out, *delsp;
	} rows[] = {
		{ "", "", "" },
		{ "one \r\ntwo\r\nthree\r\n", "one two\nthree\n",
			"onetwo\nthree\n" },
		{ "one \ntwo", "one two\n", "onetwo\n" },
		{ "one \n", "one ", "one" },
		{ "a  \nb\n", "a  b\n", "a b\n" },
		/* Stuffed blanks. */
		{ " From here\n > no quote\n", "From here\n> no quote\n",
			"From here\n> no quote\n" },
		/* Quotes of one depth flow together. */
		{ "> one \n> two\n>> three \n> four\n",
			"> one two\n>> three \n> four\n",
			"> onetwo\n>> three\n> four\n" },
		{ "> one \ntwo\n", "> one \ntwo\n", "> one\ntwo\n" },
		/* The line above a signature does not. */
		{ "bye \n-- \nme\n", "bye \n-- \nme\n", "bye\n-- \nme\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_span(flowed_undo(span_of(rows[i].in), false, *state),
			rows[i].out);
		expect_span(flowed_undo(span_of(rows[i].in), true, *state),
			rows[i].delsp);
	}
}

static void only_where_the_part_says_so(void **state)
{
	static const struct {
		const char *type, *out;
	} rows[] = {
		{ "text/plain; format=flowed", "http://exam ple.org/\n" },
		{ "text/plain; Format=Flowed; DelSp=Yes",
			"http://example.org/\n" },
		{ "text/plain; delsp=yes", "http://exam \nple.org/" },
		{ "text/plain; x=\"format=flowed\"",
			"http://exam \nple.org/" },
		{ "text/html; format=flowed", "http://exam \nple.org/" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mime m;

		mime_parse(span_of(arena_printf(*state, "Content-Type: %s\n\n"
			"http://exam \nple.org/", rows[i].type)), LIMITS,
			*state, &m);
		expect_span(mime_text(m.root, LIMITS, *state), rows[i].out);
	}
}

static void the_other_text_is_there(void **state)
{
	struct mime m;

	mime_parse(SPAN("Content-Type: text/plain; charset=iso-8859-1\n\n"
		"caf\xc3\xa9"), LIMITS, *state, &m);
	expect_span(mime_text(m.root, LIMITS, *state), "cafÃ©");
	assert_int_equal(m.root->flags, MAIL_AMBIG_CHARSET);
	expect_span(mime_other_text(m.root), "café");
	mime_parse(SPAN("Content-Type: text/plain; charset=utf-8\n\n"
		"caf\xc3\xa9"), LIMITS, *state, &m);
	expect_span(mime_text(m.root, LIMITS, *state), "café");
	assert_int_equal(m.root->flags, 0);
	expect_span(mime_other_text(m.root), "");
}

static void parse(struct span s, struct arena *a)
{
	assert_true(flowed_undo(s, true, a).n <= 2 * s.n + 1);
}

static void any_length_can_be_read(void **state)
{
	(void)state;
	cut_everywhere(SPAN(">> a \r\n>> \r\n-- \r\n\r\n   x \n>"), parse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_flow),
		TEST(only_where_the_part_says_so),
		TEST(the_other_text_is_there),
		TEST(any_length_can_be_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
