/*
 * mailauth/authres*.c: our field means to others what we found, whatever
 * came from outside; claims to be ours are found (security.md B62, B65).
 */
#include "mailauth/authres.h"

#include "authres_test.h"
#include "mail_test.h"

#define ID SPAN("mx.example.org")

static struct dkim_signature signatures[] = {
	{ .result = AUTH_PASS, .domain = SPAN("Example.com"),
		.selector = SPAN("s2024"), .identity = SPAN("@example.com"),
		.algorithm = SPAN("rsa-sha256"), .key_bits = 2048,
		.b = SPAN("AbCdEf\r\n\tGhIjKlMn==") },
	{ .result = AUTH_POLICY, .domain = SPAN("esp.net"),
		.selector = SPAN("a.b"), .identity = SPAN("bounce@m.esp.net"),
		.algorithm = SPAN("rsa-sha1"), .key_bits = 1024,
		.flags = DKIM_PARTIAL | DKIM_TESTING | DKIM_SHA1,
		.b = SPAN("A/b+c012345="),
		.problem = SPAN("rsa-sha1 proves nothing (RFC 8301)") },
};

static struct dmarc_author authors[] = {
	{ .result = AUTH_PASS, .domain = SPAN("example.com"),
		.policy = DMARC_REJECT },
	{ .result = AUTH_FAIL, .domain = SPAN("bank.com"),
		.policy = DMARC_QUARANTINE, .testing = true },
};

static void a_field_says_what_was_found(void **state)
{
	struct spf_query q = { .mail_from = SPAN("a.b@Example.com") };
	struct spf_answer spf = { .result = AUTH_PASS,
		.domain = SPAN("Example.com") };
	struct dkim_answer dkim = { .result = AUTH_PASS, .n = 2,
		.signatures = signatures, .more = 3 };
	struct dmarc_answer dmarc = { .result = AUTH_FAIL, .n = 2,
		.policy = DMARC_QUARANTINE, .authors = authors };
	struct arc_answer arc = { .result = AUTH_PASS, .highest = 2,
		.oldest_pass = 1 };
	struct authres r = { .spf_query = &q, .spf = &spf, .dkim = &dkim,
		.dmarc = &dmarc, .arc = &arc, .auth_user = SPAN("joe") };

	expect_span(authres_write(ID, &r, *state),
		"mx.example.org;\r\n"
		"\tauth=pass smtp.auth=joe;\r\n"
		"\tspf=pass smtp.mailfrom=a.b@example.com;\r\n"
		"\tdkim=pass (2048-bit key) header.d=example.com "
		"header.s=s2024\r\n"
		"\theader.a=rsa-sha256 header.b=AbCdEfGh;\r\n"
		"\tdkim=policy (1024-bit key, not all of the body, "
		"test mode)\r\n"
		"\treason=\"rsa-sha1 proves nothing (RFC 8301)\" "
		"header.d=esp.net\r\n"
		"\theader.i=bounce@m.esp.net header.s=a.b "
		"header.a=rsa-sha1\r\n"
		"\theader.b=\"A/b+c012\";\r\n"
		"\tdkim=policy (3 more signatures) "
		"reason=\"too many to be checked\";\r\n"
		"\tdmarc=fail (test mode) header.from=bank.com "
		"policy.dmarc=quarantine;\r\n"
		"\tdmarc=pass header.from=example.com "
		"policy.dmarc=reject;\r\n"
		"\tarc=pass (2 sets) header.oldest-pass=1");
}

static void nothing_found_is_none(void **state)
{
	struct authres r = { 0 };
	struct dkim_answer dkim = { .result = AUTH_NONE };
	struct dmarc_answer dmarc = { .result = AUTH_PERMERROR };
	struct arc_answer arc = { .result = AUTH_NONE };

	expect_span(authres_write(ID, &r, *state), "mx.example.org; none");
	r.dkim = &dkim;
	r.dmarc = &dmarc;
	r.arc = &arc;
	expect_span(authres_write(ID, &r, *state), "mx.example.org;\r\n"
		"\tdkim=none;\r\n"
		"\tdmarc=permerror reason=\"From has no author\";\r\n"
		"\tarc=none");
	/* what was never known is an error that may pass */
	dkim.result = AUTH_WAIT;
	r.arc = NULL;
	r.dmarc = NULL;
	expect_span(authres_write(ID, &r, *state),
		"mx.example.org;\r\n\tdkim=temperror");
}

static void more_authors_than_were_judged_come_first(void **state)
{
	struct dmarc_answer dmarc = { .result = AUTH_PERMERROR, .n = 1,
		.authors = authors, .more = true };
	struct authres r = { .dmarc = &dmarc };

	expect_span(authres_write(ID, &r, *state), "mx.example.org;\r\n"
		"\tdmarc=permerror reason=\"From has too many authors\";\r\n"
		"\tdmarc=pass header.from=example.com policy.dmarc=reject");
}

static void our_name_is_an_a_label_or_quoted(void **state)
{
	struct authres r = { 0 };

	expect_span(authres_write(SPAN("mx.bücher.de"), &r, *state),
		"mx.xn--bcher-kva.de; none");
	expect_span(authres_write(SPAN("our \"mx\"; a=b"), &r, *state),
		"\"our \\\"mx\\\"; a=b\"; none");
}

/* mail_from, what is written of it. */
static const char *const senders[][2] = {
	{ "bounce+x@example.com", "smtp.mailfrom=bounce+x@example.com" },
	{ "x@B\303\274cher.de", "smtp.mailfrom=x@xn--bcher-kva.de" },
	{ "m\303\274ller@b.de", "smtp.mailfrom=b.de" },
	{ "a=b@c.de", "smtp.mailfrom=c.de" },
	{ "\"; dkim=pass header.d=bank.com; x=\"@evil.net",
		"smtp.mailfrom=evil.net" },
	{ "\"a\\\"b\"@evil.net", "smtp.mailfrom=evil.net" },
	{ "x)dkim=pass(@evil.net", "smtp.mailfrom=evil.net" },
	{ "x\r\n\tdkim=pass@evil.net", "smtp.mailfrom=evil.net" },
	{ "a..b@evil.net", "smtp.mailfrom=evil.net" },
	{ ".a@evil.net", "smtp.mailfrom=evil.net" },
	{ "a.@evil.net", "smtp.mailfrom=evil.net" },
	{ "(any@legit.com", "smtp.mailfrom=legit.com" },
	{ "any@legit.com(a.attack.com", "" },
	{ "any@legit.com'@any.attack.com", "smtp.mailfrom=any.attack.com" },
	{ "x@evil.net;dkim=pass", "" },
	{ "x@[192.0.2.1]", "" },
};

static void senders_cannot_write_results(void **state)
{
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		struct spf_query q = { .mail_from = span_of(senders[i][0]) };
		struct spf_answer spf = { .result = AUTH_FAIL };
		struct authres r = { .spf_query = &q, .spf = &spf };
		const char *want = arena_printf(*state, "mx.example.org;\r\n"
			"\tspf=fail%s%s", senders[i][1][0] ? " " : "",
			senders[i][1]);

		expect_span(authres_write(ID, &r, *state), want);
	}
}

static void a_helo_is_named_when_it_was_checked(void **state)
{
	struct spf_query q = { .helo = SPAN("mx.a.de") };
	struct spf_answer spf = { .result = AUTH_PASS, .helo = true,
		.domain = SPAN("mx.a.de") };
	struct authres r = { .spf_query = &q, .spf = &spf };

	expect_span(authres_write(ID, &r, *state),
		"mx.example.org;\r\n\tspf=pass smtp.helo=mx.a.de");
	spf.domain = SPAN("[10.0.0.1]");
	spf.result = AUTH_NONE;
	expect_span(authres_write(ID, &r, *state),
		"mx.example.org;\r\n\tspf=none");
}

/* A user, what is written of him. */
static void users_are_tokens_or_addresses(void **state)
{
	static const char *const users[][2] = { { "joe", " smtp.auth=joe" },
		{ "joe@b.de", " smtp.auth=joe@b.de" }, { "a/b", "" },
		{ "a b", "" }, { "x; dkim=pass", "" }, { "J.o_e+x",
		" smtp.auth=J.o_e+x" } };

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		struct authres r = { .auth_user = span_of(users[i][0]) };

		expect_span(authres_write(ID, &r, *state),
			arena_printf(*state, "mx.example.org;\r\n"
				"\tauth=pass%s", users[i][1]));
	}
}

static void long_names_fold(void **state)
{
	struct span name = repeat(*state, "abcdefghi.", 25);
	struct dkim_signature s = { .result = AUTH_FAIL, .domain = name,
		.selector = name, .identity = SPAN("x@y.z"),
		.problem = repeat(*state, "why; \"", 30) };
	struct dkim_answer dkim = { .n = 1, .signatures = &s };
	struct authres r = { .dkim = &dkim };
	struct buf b = { .arena = *state };
	struct authres_read got;

	s.domain.n = s.selector.n = 249;
	assert_true(authres_parse(authres_write(ID, &r, *state), &b, &got));
	assert_int_equal(got.n, 1);
	expect_span(got.method[0], "dkim");
	expect_span(got.result[0], "fail");
	assert_true(span_find(got.rest[0], s.domain) != SIZE_MAX);
}

/* The checker is one: it refuses what it must. */
static void the_checker_is_strict(void **state)
{
	static const char *const bad[] = { "", "a", "a;", "a; spf", "a; =x",
		"a; spf=pass x", "a; spf=pass x=y", "a; spf=pass a.b=",
		"a; spf=pass a.b=\"c", "a; spf=pass a.b=c;d=e",
		"a; spf=pass a.b=;",
		"a; spf=pass a.b=c\r\nd", "a; spf=pass a.b=c\001",
		"a; spf=pass a.b=@", "a; spf=pass (x", "a; none; spf=pass" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf b = { .arena = *state };
		struct authres_read r;

		if (authres_parse(span_of(bad[i]), &b, &r))
			fail_msg("\"%s\" is well-formed", bad[i]);
	}
}

static const char *const claims[] = {
	"mx.example.org; spf=pass", "MX.Example.ORG; dkim=pass",
	" \r\n\tmx.example.org\r\n ; none", "mx.example.org 1; spf=pass",
	"mx.example.org\t2 (c) ; spf=pass", "mx.example.org.; spf=pass",
	"(mx.evil.net) mx.example.org; spf=pass",
	"(a (b \\) c) \\( d) mx.example.org (e); x=y",
	"\"mx.example.org\"; spf=pass", "\"MX\\.example.org\" ; spf=pass",
	"\"mx.example\r\n.org\"; spf=pass", "mx.example.org",
	"\357\274\255\357\274\270.example.org; spf=pass",
	"mx\343\200\202example.org; spf=pass",
	/* what cannot be read */
	"", "   ", "; spf=pass", "(mx.evil.net", "\"mx.evil.net; spf=pass",
	"spf=pass smtp.mailfrom=x.y", "mx.evil.net mx.example.org; spf=pass",
	"mx.example(c).org; spf=pass", "mx.evil.net, mx.example.org; x=y",
	"mx.evil.net 1x; spf=pass", "mx.evil.net 1 2; spf=pass",
	"=?utf-8?q?mx.example.org?=; spf=pass", "mx\377.evil.net; spf=pass",
	"mx.evil.net/1; spf=pass", "<mx.example.org>; spf=pass",
};

static const char *const others[] = {
	"mx.evil.net; spf=pass", "mx.evil.net 1; spf=pass",
	"mx.example.org.evil.net; spf=pass", "amx.example.org; spf=pass",
	"example.org; spf=pass", "(mx.example.org) mx.evil.net; x=y",
	"mx.evil.net(mx.example.org); mx.example.org=pass",
	"mx.evil.net; spf=pass (\377 mx.example.org",
	"\"mx.example.org x\"; spf=pass", "mx.evil.net", "mx.google.com.; a=b",
	"mx.bücher.de; none",
};

static void claims_are_found(void **state)
{
	struct span nul = SPAN("mx.example.org\0.evil.net; spf=pass");

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		if (!authres_claims(span_of(claims[i]), ID))
			fail_msg("\"%s\" claims to be ours", claims[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (authres_claims(span_of(others[i]), ID))
			fail_msg("\"%s\" does not", others[i]);
	assert_true(authres_claims(nul, ID));
	assert_true(authres_claims(SPAN("mx.xn--bcher-kva.de; none"),
		SPAN("MX.Bücher.de")));
	assert_true(authres_claims(repeat(*state, "a", 2000), ID));
	assert_true(authres_claims(SPAN("our host; none"),
		SPAN("our host")));
	assert_true(authres_claims(SPAN("\"Our Host\"; none"),
		SPAN("our host")));
}

static void parse_cut(struct span s, struct arena *a)
{
	(void)a;
	authres_claims(s, ID);
}

static void a_claim_may_end_anywhere(void **state)
{
	long start = cpu_ms();

	cut_everywhere(SPAN("(a (b \\) c) \\( d) \"mx.exam\\ple.org\" (e) 12 "
		"(f); x=y"), parse_cut);
	assert_true(authres_claims(repeat(*state, "(", 1000000), ID));
	assert_true(authres_claims(repeat(*state, "()", 1000000), ID));
	expect_fast(start, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_field_says_what_was_found),
		TEST(nothing_found_is_none),
		TEST(more_authors_than_were_judged_come_first),
		TEST(our_name_is_an_a_label_or_quoted),
		TEST(senders_cannot_write_results),
		TEST(a_helo_is_named_when_it_was_checked),
		TEST(users_are_tokens_or_addresses),
		TEST(long_names_fold),
		TEST(the_checker_is_strict),
		TEST(claims_are_found),
		TEST(a_claim_may_end_anywhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
