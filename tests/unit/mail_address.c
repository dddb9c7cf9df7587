#include "mail/address.h"

#include "mail_test.h"

/* A field value and how its mailboxes read: "display|local|domain", joined. */
static void mailboxes_are_read(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a@example.org", "|a|example.org" },
		{ " <a@example.org>", "|a|example.org" },
		{ "A B <a@example.org>", "A B|a|example.org" },
		{ "\"B, A\" <a@example.org>", "B, A|a|example.org" },
		{ "\"a \\\"q\\\"\" <a@example.org>", "a \"q\"|a|example.org" },
		{ "a@example.org (A B)", "A B|a|example.org" },
		{ "a@x.example, B <b@y.example>",
			"|a|x.example;B|b|y.example" },
		{ "=?UTF-8?Q?a=2Cb?= <a@example.org>", "a,b|a|example.org" },
		{ "G: a@x.example, b@y.example;, c@z.example",
			"|a|x.example;|b|y.example;|c|z.example" },
		{ "undisclosed-recipients:;", "" },
		{ "<@r.example,@s.example:a@example.org>", "|a|example.org" },
		{ "\"a b\"@example.org", "|a b|example.org" },
		{ "\"J\" \"a b\"@example.org", "\"J\"|a b|example.org" },
		{ "<\"a@b\"@example.org>", "|a@b|example.org" },
		{ "J D a@example.org", "J D|a|example.org" },
		{ "a@legit.example <b@attack.example>",
			"a@legit.example|b|attack.example" },
		{ "admin@legit.example,<x@attack.example>",
			"|admin|legit.example;|x|attack.example" },
		{ "<x@attack.example>admin@legit.example",
			"admin@legit.example|x|attack.example" },
		{ "root", "|root|" },
		{ "a@b, @", "|a|b;||" },
		{ ",,,", "" },
		{ "", "" },
		{ "<a@example.org", "|a|example.org" },
		{ "A\r\n B\r\n <a@example.org>", "A B|a|example.org" },
		{ "(x (y) z) a@example.org", "x (y) z|a|example.org" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = { .arena = *state };
		struct address *list;
		size_t n = address_list(span_of(rows[i].in), 100, *state,
			&list);

		for (size_t k = 0; k < n; k++) {
			if (k)
				buf_byte(&b, ';');
			buf_span(&b, list[k].display);
			buf_byte(&b, '|');
			buf_span(&b, list[k].local);
			buf_byte(&b, '|');
			buf_span(&b, list[k].domain);
		}
		expect_span(buf_bytes(&b), rows[i].out);
	}
}

static void full_joins_both_sides(void **state)
{
	struct address *list;

	assert_int_equal(address_list(SPAN("X <\"a b\"@Example.ORG>"), 9,
				 *state, &list), 1);
	expect_span(list[0].full, "a b@Example.ORG");
	assert_int_equal(address_list(SPAN("root"), 9, *state, &list), 1);
	expect_span(list[0].full, "root");
}

static void no_more_than_max_are_read(void **state)
{
	struct address *list;

	assert_int_equal(address_list(SPAN("a@b,c@d,e@f"), 2, *state, &list),
		2);
	expect_span(list[1].full, "c@d");
	assert_int_equal(address_list(SPAN("a@b"), 0, *state, &list), 0);
}

static void hostile_lists_are_linear(void **state)
{
	static const char *const texts[] = {
		"(", "<", "\"", "a@b:", ":", "<@a,", "a@", "\\", "<a@b>",
	};
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a = arena_new("list", (size_t)1 << 30);
		struct address *list;

		address_list(repeat(a, texts[i], 1 << 20), 1000, a, &list);
		arena_free(&a);
	}
	(void)state;
	expect_fast(start, 3000);
}

static void an_envelope_address_is_split_at_its_last_at(void **state)
{
	struct address ad = address_split(SPAN("a@b@example.org"));

	(void)state;
	expect_span(ad.local, "a@b");
	expect_span(ad.domain, "example.org");
	ad = address_split(SPAN("a@example.org."));
	assert_true(span_is(ad.domain, "example.org"));
	ad = address_split(SPAN("postmaster"));
	expect_span(ad.local, "postmaster");
	expect_span(ad.domain, "");
	ad = address_split(SPAN(""));
	expect_span(ad.full, "");
}

static void only_strict_domains_are_ok(void **state)
{
	static const char *const good[] = {
		"example.org", "a", "xn--bcher-kva.example", "1.example",
		"[192.0.2.1]", "[IPv6:2001:db8::1]",
	};
	static const char *const bad[] = {
		"", ".", "example.org.", "a..b", "-a.example", "a-.example",
		"a_b.example", "legit.example(a.attack.example",
		"legit.example'a", "b\xc3\xbc" "cher.example", "[192.0.2]",
		"[192.0.2.1", "[", "[]", "[IPv6:]", "a b",
	};
	struct arena *a = *state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!address_domain_ok(span_of(good[i])))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (address_domain_ok(span_of(bad[i])))
			fail_msg("taken: %s", bad[i]);
	assert_false(address_domain_ok(repeat(a, "a", 64)));
	assert_true(address_domain_ok(repeat(a, "a", 63)));
	assert_false(address_domain_ok(repeat(a, "ab", 127)));
	assert_false(address_domain_ok(SPAN("[192.0.2.1\0]")));
}

static void parse(struct span s, struct arena *a)
{
	struct address *list;

	address_list(s, 100, a, &list);
	address_domain_ok(address_split(s).domain);
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(SPAN("G: \"a\\\"b\" <@r:\"x\\y\"@[IPv6:::1]> (c\\)(d)),"
		" \"q\"@z, J =?UTF-8?Q?=C3=BC?=\r\n <a@b>;\0,"), parse);
	cut_everywhere(SPAN("[IPv6:2001:db8::1]"), parse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mailboxes_are_read),
		TEST(full_joins_both_sides),
		TEST(no_more_than_max_are_read),
		TEST(hostile_lists_are_linear),
		TEST(an_envelope_address_is_split_at_its_last_at),
		TEST(only_strict_domains_are_ok),
		TEST(any_length_can_be_parsed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
