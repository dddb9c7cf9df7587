#include "mail/address.h"

#include "base/utf8.h"
#include "mail_test.h"

/* The first address of a field, as a client reads it. */
static struct address read_first(const char *value, struct arena *a)
{
	struct address *list;

	assert_true(address_list(span_of(value), 9, a, &list) > 0);
	return list[0];
}

static void deceits_of_names_are_facts(void **state)
{
	static const struct {
		const char *in;
		unsigned want;
	} rows[] = {
		{ "a@x.example", 0 },
		{ "A B <a@x.example>", 0 },
		{ "\"A\r\n\tB\" <a@x.example>", 0 },
		{ "\"a@x.example\" <a@x.example>", 0 },
		{ "\"A@X.Example\" <a@x.example>", 0 },
		{ "\"A @ Home. B\" <a@x.example>", 0 },
		{ "\"A@Home\" <a@x.example>", 0 },
		{ "\"b@y.example\" <a@x.example>", ADDRESS_NAME_OTHER },
		{ "\"B <b@y.example>\" <a@x.example>", ADDRESS_NAME_OTHER },
		{ "\"b@y.example.\" <a@x.example>", ADDRESS_NAME_OTHER },
		{ "b@y.example <a@x.example>", ADDRESS_NAME_OTHER },
		{ "a@x.example (b@y.example)", ADDRESS_NAME_OTHER },
		{ "=?utf-8?q?b=40y=2Eexample?= <a@x.example>",
			ADDRESS_NAME_OTHER },
		{ "b\xef\xbc\xa0y.example <a@x.example>",
			ADDRESS_NAME_OTHER },
		{ "b\xe2\x80\x8b@y.example <a@x.example>",
			ADDRESS_NAME_OTHER | ADDRESS_NAME_HIDDEN },
		{ "A\xe2\x80\xae" "B <a@x.example>", ADDRESS_NAME_BIDI },
		{ "A\xe2\x81\xa6" "B <a@x.example>", ADDRESS_NAME_BIDI },
		{ "A\xe2\x80\x8d" "B <a@x.example>", ADDRESS_NAME_HIDDEN },
		{ "A\xc2\xad" "B <a@x.example>", ADDRESS_NAME_HIDDEN },
		/* a family of three, and a Persian word */
		{ "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d"
			"\xf0\x9f\x91\xa7 <a@x.example>", 0 },
		{ "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xd9\x88 <a@x.example>",
			0 },
		{ "=?utf-8?q?A=07B?= <a@x.example>", ADDRESS_NAME_CONTROL },
		{ "=?utf-8?q?A=E2=80=A8B?= <a@x.example>",
			ADDRESS_NAME_CONTROL },
		{ "=?utf-8?q?A=FFB?= <a@x.example>", ADDRESS_NAME_BAD },
		{ "=?utf-8?q?A=00B?= <a@x.example>", ADDRESS_NAME_BAD },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address ad = read_first(rows[i].in, *state);
		unsigned got = address_name(&ad, *state);

		if (got != rows[i].want)
			fail_msg("%s: expected %#x, got %#x", rows[i].in,
				rows[i].want, got);
	}
}

static void an_address_is_shown_safely(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "a@x.example", "a@x.example" },
		{ "A  B <a@x.example>", "A B <a@x.example>" },
		{ "\"B, A\" <a@x.example>", "\"B, A\" <a@x.example>" },
		{ "\"a \\\"q\\\"\" <a@x.example>",
			"\"a \\\"q\\\"\" <a@x.example>" },
		{ "\"<b@y.example>\" <a@x.example>",
			"\"<b@y.example>\" <a@x.example>" },
		{ "\"a b\"@x.example", "\"a b\"@x.example" },
		{ "A\xe2\x80\xae" "B <a@x.ex\xe2\x80\x8b" "ample>",
			"AB <a@x.example>" },
		{ "=?utf-8?q?A=0D=0AB=FF?= <a@x.example>",
			"A  B\xef\xbf\xbd <a@x.example>" },
		{ "J\xf6 <j\xf6@x.example>",
			"J\xc3\xb6 <j\xef\xbf\xbd@x.example>" },
		{ "root", "root" },
		{ "A <>", "A" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address ad = read_first(rows[i].in, *state);

		expect_span(address_show(&ad, *state), rows[i].want);
	}
}

/* Whatever is shown is one line of valid text. */
static void show_all(struct span s, struct arena *a)
{
	struct address *list;
	unsigned flags;
	size_t n = address_readings(s, 100, a, &list, &flags);

	for (size_t i = 0; i < n; i++) {
		struct span shown = address_show(&list[i], a);

		address_name(&list[i], a);
		assert_true(utf8_valid(shown));
		assert_int_equal(span_chr(shown, '\n'), SIZE_MAX);
		assert_int_equal(span_chr(shown, 0), SIZE_MAX);
	}
}

static void any_length_can_be_shown(void **state)
{
	(void)state;
	cut_everywhere(SPAN("\"a\r\n\\\0\\\nb\xe2\x80\xae\" <@c,@d:e\xff@f.g>, "
		"=?utf-8?q?a=40b.c=00=0A?= h@[i\r\n]; (j@k) <l \0@m>"),
		show_all);
}

static void names_take_time_in_proportion(void **state)
{
	static const char *const texts[] = {
		"a@b.c", "@", "a", "\xef\xbc\xa0",
	};
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a = arena_new("name", (size_t)1 << 30);
		struct address ad = { .display = repeat(a, texts[i],
					      1 << 20) };

		address_name(&ad, a);
		arena_free(&a);
	}
	(void)state;
	expect_fast(start, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(deceits_of_names_are_facts),
		TEST(an_address_is_shown_safely),
		TEST(any_length_can_be_shown),
		TEST(names_take_time_in_proportion),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
