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
			"|x|attack.example;|admin|legit.example" },
		{ "<a@x.example> B <b@y.example>",
			"|a|x.example;B|b|y.example" },
		{ "a@x.example b@y.example", "|a|x.example;|b|y.example" },
		{ "<a@x.example <b@y.example>",
			"|a|x.example;|b|y.example" },
		{ "a . b @ x . example", "|a.b|x.example" },
		{ "Mr. B a@x.example", "Mr. B|a|x.example" },
		{ "a (c) @ (d) x.example (e)", "e|a|x.example" },
		{ "< a @ x.example >", "|a|x.example" },
		{ "<a@x.example> A B", "A B|a|x.example" },
		{ "<<a@x.example>>", "|a|x.example" },
		{ "a@[192.0.2.1], b@[IPv6:2001:db8::1]",
			"|a|[192.0.2.1];|b|[IPv6:2001:db8::1]" },
		{ "[L] A <a@x.example>", "[L] A|a|x.example" },
		{ "\"a@x.example\"", "|a|x.example" },
		{ "'a@x.example' <b@y.example>", "'a@x.example'|b|y.example" },
		{ "'a@x.example'", "|a|x.example" },
		{ "\"A <a@x.example>", "A|a|x.example" },
		{ "a@x.example (A", "A|a|x.example" },
		{ "=?UTF-8?Q?a,b<c?= <a@x.example>", "a,b<c|a|x.example" },
		{ "j\xc3\xb6@b\xc3\xbc.example",
			"|j\xc3\xb6|b\xc3\xbc.example" },
		{ "a@x.example; b@y.example", "|a|x.example;|b|y.example" },
		{ "G:;, a@x.example", "|a|x.example" },
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

/* Whom clients read in a From, and whether there is doubt ('!'). */
static const struct {
	const char *in, *out;
} froms[] = {
	/* ordinary, or sloppy in a way that everybody reads alike */
	{ "a@x.example", "a@x.example" },
	{ "\"A, B\" <a@x.example>", "a@x.example" },
	{ "A, B <a@x.example>", "a@x.example" },
	{ "A,b@x.example", "b@x.example" },
	{ "A,,,\"b\"@x.example", "b@x.example" },
	{ "a,@x.example", "a,@x.example @x.example!" },
	{ "A \"q\" (c) B <a@x.example>", "a@x.example" },
	{ "\"a \\\"q\\\" b\" <a@x.example>", "a@x.example" },
	{ "Shop: News <a@x.example>", "a@x.example" },
	{ "A @ B Ltd. <a@x.example>", "a@x.example" },
	{ "\"c@y.example via L\" <a@x.example>", "a@x.example" },
	{ "a@x.example <a@X.Example>", "a@X.Example" },
	{ "'a@x.example' <a@x.example>", "a@x.example" },
	{ "<a@x.example.>, <a@x.example>", "a@x.example." },
	{ "=?utf-8?Q?Doe=2C_John_=28C=29?= <a@x.example>", "a@x.example" },
	{ "=?utf-8?Q?c=40y=2Eexample?= <a@x.example>", "a@x.example" },
	{ "=?utf-8?Q?A_=3C3_B?= <a@x.example>", "a@x.example" },
	{ "\"A <a@x.example>", "a@x.example" },
	{ "A <a@x.example", "a@x.example" },
	{ "a@x.example (A", "a@x.example" },
	{ "a@x.example (c@y.example)", "a@x.example" },
	{ "a@x.example, b@x.example", "a@x.example b@x.example" },
	/* "Composition Kills", A14 to A19, and their kin */
	{ "<a@x.example>, <b@y.example>", "a@x.example b@y.example!" },
	{ "=?utf-8?B?PGFAeC5leGFtcGxlPg==?=,<b@y.example>",
		"b@y.example a@x.example!" },
	{ "<@y.example,@z.example:a@x.example>",
		"a@x.example @y.example @z.example!" },
	{ "<a@x.example>\\,<b@y.example>", "a@x.example b@y.example!" },
	{ "a@x.example,<b@y.example>", "a@x.example b@y.example!" },
	{ "<b@y.example>a@x.example", "b@y.example a@x.example!" },
	{ "a@x.example <b@y.example>", "b@y.example a@x.example!" },
	{ "\"x\\\" <a@x.example>\" <b@y.example>",
		"b@y.example a@x.example!" },
	{ "a@x.example@y.example", "a@x.example@y.example a@x.example!" },
	{ "a(b@y.example)@x.example",
		"a@x.example b@y.example@x.example b@y.example!" },
	{ "a@x.example(.y.example)",
		"a@x.example a@x.example.y.example!" },
	{ "a@x.example (<b@y.example>", "a@x.example b@y.example!" },
	{ "G: a@x.example, b@x.example;", "a@x.example b@x.example!" },
	{ "G:;", "!" },
	{ "a@x.example, @", "a@x.example!" },
	{ "A <root>", "root!" },
	{ "a@x.example <>", "a@x.example!" },
	{ "a@x.example:b", "a@x.example:b a@x.example!" },
	{ "root", "root!" },
	{ "", "!" },
	{ "a@x.example b@x.example", "a@x.example b@x.example!" },
	{ "=?utf-8?q?a=40x=2Eexample,?= <b@y.example>",
		"b@y.example a@x.example!" },
};

static void authors_are_read_in_all_ways(void **state)
{
	for (size_t i = 0; i < sizeof(froms) / sizeof(froms[0]); i++) {
		struct buf b = { .arena = *state };
		struct address *list;
		unsigned flags;
		size_t n = address_readings(span_of(froms[i].in), 100, *state,
			&list, &flags);

		for (size_t k = 0; k < n; k++) {
			if (k)
				buf_byte(&b, ' ');
			buf_span(&b, list[k].full);
		}
		if (flags & MAIL_AMBIG_FROM)
			buf_byte(&b, '!');
		if (!span_is(buf_bytes(&b), froms[i].out))
			fail_msg("%s: expected \"%s\", got \"%.*s\"",
				froms[i].in, froms[i].out,
				SPAN_FMT(buf_bytes(&b)));
	}
}

static void a_zero_byte_may_end_a_from(void **state)
{
	struct address *list;
	unsigned flags;

	assert_int_equal(address_readings(
		SPAN("a@x.example\0 <b@y.example>"), 9, *state, &list,
		&flags), 2);
	assert_int_equal(flags, MAIL_AMBIG_FROM);
	assert_int_equal(address_readings(SPAN("a@x.example\0"), 9, *state,
		&list, &flags), 1);
	assert_int_equal(flags, 0);
}

static void too_many_authors_are_told(void **state)
{
	struct address *list;
	unsigned flags;

	assert_int_equal(address_readings(SPAN("a@b.c,b@b.c,c@b.c"), 2,
		*state, &list, &flags), 2);
	assert_int_equal(flags, MAIL_AMBIG_FROM | MAIL_OVER_HEADERS);
}

/* The authors of a header block, as text, "!" behind them if in doubt. */
static void expect_authors(struct arena *a, const char *block,
	const char *want)
{
	struct buf b = { .arena = a };
	const struct header *headers[1];
	struct address *list;
	struct header h;
	unsigned flags;
	size_t n;

	header_parse(span_of(block), LIMITS, a, &h);
	headers[0] = &h;
	n = address_authors(headers, 1, 100, a, &list, &flags);
	for (size_t k = 0; k < n; k++) {
		if (k)
			buf_byte(&b, ' ');
		buf_span(&b, list[k].full);
	}
	if (flags & MAIL_AMBIG_FROM)
		buf_byte(&b, '!');
	if (!span_is(buf_bytes(&b), want))
		fail_msg("%s: expected \"%s\", got \"%.*s\"", block, want,
			SPAN_FMT(buf_bytes(&b)));
}

static void authors_come_from_all_fields(void **state)
{
	static const struct {
		const char *block, *want;
	} rows[] = {
		{ "From: a@x.example\nSender: b@y.example\n\n",
			"a@x.example" },
		{ "From: <a@x.example>\nFrom: b@y.example\n\n",
			"a@x.example b@y.example!" },
		{ "From: a@x.example\nFrom: A <a@x.example>\n\n",
			"a@x.example" },
		{ "From : a@x.example\nFrom: b@y.example\n\n",
			"a@x.example b@y.example!" },
		{ "From : a@x.example\nSender: b@y.example\n\n",
			"a@x.example b@y.example!" },
		{ "To: c@z.example\n From: a@x.example\nFrom: b@y.example\n\n",
			"b@y.example a@x.example!" },
		{ "DKIM-Signature: v=1; h=to:\n From:To;\n"
			" d=y.example\nFrom: a@x.example\n\n",
			"a@x.example" },
		{ "Sender: a@x.example\nResent-From: b@y.example\n\n",
			"a@x.example b@y.example!" },
		{ "From:\nSender: a@x.example\n\n", "a@x.example!" },
		{ "From: \n\n", "!" },
		{ "Subject: x\n\n", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_authors(*state, rows[i].block, rows[i].want);
}

/* Milliseconds that reading n bytes of the text takes in all ways. */
static long time_readings(const char *text, size_t n)
{
	struct arena *a = arena_new("list", (size_t)1 << 30);
	struct span s = span_sub(repeat(a, text, n / strlen(text) + 1), 0, n);
	struct address *list;
	unsigned flags;
	long start = cpu_ms();

	address_readings(s, 100000, a, &list, &flags);
	start = cpu_ms() - start;
	arena_free(&a);
	return start;
}

static void readings_take_time_in_proportion(void **state)
{
	static const char *const texts[] = {
		"(", "<", "\"", "a@b:", ":", "<@a,", "a@", "\\", "<a@b>",
		"\\\"", "@[", "=?a?q?", "(a)", "a,", "a(", ";", "a b@c ",
		"a@b.c, ", "<a", "=?a?q?\"?= ", "a . @", "'",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		long one = time_readings(texts[i], 60 << 10);
		long big = time_readings(texts[i], 1 << 20);
		long two = time_readings(texts[i], 2 << 20);

		/* Ticks of the clock are no growth. */
		if (two > big * 5 / 2 + 40 || one > 300)
			fail_msg("%s: 60 KiB %ld ms, 1 MiB %ld ms, 2 MiB %ld "
				"ms", texts[i], one, big, two);
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
	unsigned flags;

	address_list(s, 100, a, &list);
	address_readings(s, 100, a, &list, &flags);
	address_domain_ok(address_split(s).domain);
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(SPAN("G: \"a\\\"b\" <@r:\"x\\y\"@[IPv6:::1]> (c\\)(d)),"
		" \"q\"@z, J =?UTF-8?Q?=C3=BC?=\r\n <a@b>;\0,"), parse);
	cut_everywhere(SPAN("<@r,@s:a\\,b@c.d>x@y.z\"\\\" <e@f.g>\", =?utf-8?q?"
		"=3Ca@b=3E,?= (h@i.j"), parse);
	cut_everywhere(SPAN("[IPv6:2001:db8::1]"), parse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mailboxes_are_read),
		TEST(authors_are_read_in_all_ways),
		TEST(a_zero_byte_may_end_a_from),
		TEST(too_many_authors_are_told),
		TEST(authors_come_from_all_fields),
		TEST(readings_take_time_in_proportion),
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
