/*
 * ARC: chains sealed here with a key of this test, whose parts are then
 * changed, taken away or doubled.
 */
#include "mailauth/arc.h"

#include "mail_test.h"
#include "mailauth/arc_seal.h"
#include "mailauth/dkim_sign.h"

#include "arc_test.h"
#include "dkim_test.h"

enum { NOW = 1600000000 };

static char our_key[128];

static const struct zone_key zone[] = {
	{ "s._domainkey.one.example", our_key },
	{ "s._domainkey.two.example", our_key },
	{ "away._domainkey.one.example", NULL },
	{ NULL, NULL }
};

static const char plain[] =
"From: a@one.example\r\n"
"Subject: hello\r\n"
"\r\n"
"Hi.\r\n";

static int make_key(void **state)
{
	arc_test_key(our_key, sizeof(our_key));
	(void)state;
	return 0;
}

static struct arc_answer check(struct arena *a, struct span message)
{
	return zone_arc(zone, message, NOW, a);
}

static void expect(struct arc_answer answer, enum auth_result result,
	const char *problem)
{
	expect_span(answer.problem, problem);
	assert_int_equal(answer.result, result);
	assert_int_equal(answer.n, result == AUTH_PASS ? answer.highest : 0);
}

/* A chain of n proper sets. */
static struct span chain(struct arena *a, unsigned n)
{
	struct span m = span_of(plain);

	for (unsigned i = 1; i <= n; i++)
		m = arc_test_seal(a, m, &(struct test_set){ .i = i });
	return m;
}

static struct span replaced(struct arena *a, struct span all,
	const char *from, const char *to)
{
	size_t at = span_find(all, span_of(from));
	struct buf b = { .arena = a };

	assert_true(at != SIZE_MAX);
	buf_span(&b, span_sub(all, 0, at));
	buf_string(&b, to);
	buf_span(&b, span_after(all, at + strlen(from)));
	return buf_bytes(&b);
}

static void chains_pass(void **state)
{
	static const unsigned sizes[] = { 1, 2, 3, 50 };

	expect(check(*state, span_of(plain)), AUTH_NONE, "");
	for (size_t k = 0; k < 4; k++) {
		struct arc_answer answer = check(*state, chain(*state,
				sizes[k]));

		expect(answer, AUTH_PASS, "");
		assert_int_equal(answer.highest, sizes[k]);
		assert_int_equal(answer.oldest_pass, 0);
		assert_false(answer.closed);
		expect_span(answer.sets[0].domain, "one.example");
		expect_span(answer.sets[0].selector, "s");
		expect_span(answer.sets[0].results, "mx.example; arc=none");
	}
}

static void what_changed_on_the_way_is_known(void **state)
{
	struct span m = chain(*state, 2);
	struct arc_answer answer;

	m = replaced(*state, m, "Subject: hello", "Subject: [list] hello");
	expect(check(*state, m), AUTH_FAIL, "ARC-Message-Signature 2: "
		"the signature does not fit");
	m = arc_test_seal(*state, m, &(struct test_set){ .i = 3 });
	m = arc_test_seal(*state, m, &(struct test_set){ .i = 4 });
	answer = check(*state, m);
	expect(answer, AUTH_PASS, "");
	assert_int_equal(answer.oldest_pass, 3);
}

/* Row 74 of the security cases. */
static void numbers_out_of_order_fail(void **state)
{
	static const struct {
		struct test_set set[2];
		const char *problem;
	} rows[] = {
		{ { { .i = 51 } }, "ARC-Seal: i= is no number of a set" },
		{ { { .i = 2 } }, "set 1 is not complete" },
		{ { { .i = 1 }, { .i = 3 } }, "set 2 is not complete" },
		{ { { .i = 1 }, { .i = 1 } },
			"two ARC-Seal have the same i=" },
		{ { { .i = 1, .cv = "pass" } },
			"ARC-Seal 1: cv= is not none" },
		{ { { .i = 1 }, { .i = 2, .cv = "none" } },
			"ARC-Seal 2: cv= is not pass" },
		{ { { .i = 1 }, { .i = 2, .cv = "fail" } },
			"the newest seal says cv=fail" },
		{ { { .i = 1, .cv = "fail" }, { .i = 2 } },
			"ARC-Seal 1: cv= is not none" },
		{ { { .i = 1, .more = "; h=from" } },
			"ARC-Seal 1: a seal has no h=" },
		{ { { .i = 1, .selector = "none" } },
			"ARC-Message-Signature 1: there is no key" },
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct span m = span_of(plain);
		struct arc_answer answer;

		for (size_t n = 0; n < 2 && rows[k].set[n].i; n++)
			m = arc_test_seal(*state, m, &rows[k].set[n]);
		answer = check(*state, m);
		expect(answer, AUTH_FAIL, rows[k].problem);
		assert_int_equal(answer.closed, k == 6);
	}
}

static void each_field_is_needed_and_sealed(void **state)
{
	static const char *const rows[][3] = {
		{ "ARC-Seal: i=2", "X: i=2", "set 2 is not complete" },
		{ "ARC-Message-Signature: i=1", "X: i=1",
			"set 1 is not complete" },
		{ "ARC-Authentication-Results: i=2", "X: i=2",
			"set 2 is not complete" },
		{ "ARC-Authentication-Results: i=1", "X: i=1",
			"set 1 is not complete" },
		{ "i=1; mx.example; arc=none", "i=1; mx.example; arc=pass",
			"ARC-Seal 2: the signature does not fit" },
		{ "i=1; mx.example", "i=1 mx.example",
			"ARC-Authentication-Results has no proper i=" },
		{ "Hi.", "Ho.", "ARC-Message-Signature 2: the body is not as "
			"it was signed" },
		{ "a=ed25519-sha256; cv=none", "a=rsa-sha1; cv=none",
			"ARC-Seal 1: rsa-sha1 proves nothing (RFC 8301)" },
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		expect(check(*state, replaced(*state, chain(*state, 2),
				rows[k][0], rows[k][1])), AUTH_FAIL,
			rows[k][2]);
}

/* RFC 8617 section 5.2: a key that cannot be had now is no failure. */
static void no_answer_is_temperror(void **state)
{
	struct span m = arc_test_seal(*state, span_of(plain),
		&(struct test_set){ .i = 1, .selector = "away" });

	expect(check(*state, m), AUTH_TEMPERROR,
		"ARC-Seal 1: the DNS did not answer");
	m = arc_test_seal(*state, m, &(struct test_set){ .i = 2 });
	expect(check(*state, m), AUTH_TEMPERROR,
		"ARC-Seal 1: the DNS did not answer");
	expect(check(*state, replaced(*state, m, "Hi.", "Ho.")), AUTH_FAIL,
		"ARC-Message-Signature 2: the body is not as it was signed");
}

static void an_unsigned_end_is_no_pass(void **state)
{
	struct span m = arc_test_seal(*state, span_of(plain),
		&(struct test_set){ .i = 1, .length = "; l=3" });

	expect(check(*state, m), AUTH_FAIL, "ARC-Message-Signature 1: "
		"l= leaves an end of the body unsigned");
}

static void a_header_over_the_limits_fails(void **state)
{
	struct span many = repeat(*state, "X: y\r\n", 2000);
	struct span m = chain(*state, 1);

	expect(check(*state, span_of(arena_printf(*state, "X: y\r\n%.*s",
			SPAN_FMT(m)))), AUTH_PASS, "");
	m = replaced(*state, m, "From: a@", arena_printf(*state,
			"%.*sFrom: a@", SPAN_FMT(many)));
	expect(check(*state, m), AUTH_FAIL, "the header is over the limits");
}

static struct span sign(struct arena *a,
	const unsigned char hash[HASH_SHA256_SIZE])
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	unsigned char *signature = arena_alloc(a, crypto_sign_BYTES);

	crypto_sign_seed_keypair(public, secret, arc_test_seed);
	crypto_sign_detached(signature, NULL, hash, HASH_SHA256_SIZE, secret);
	return span_from(signature, crypto_sign_BYTES);
}

static struct span joined(struct arena *a, struct span one, struct span two,
	struct span three)
{
	return span_of(arena_printf(a, "%.*s%.*s%.*s", SPAN_FMT(one),
		SPAN_FMT(two), SPAN_FMT(three)));
}

static void expect_hash(struct span text,
	const unsigned char hash[HASH_SHA256_SIZE])
{
	unsigned char got[HASH_SHA256_SIZE];

	hash_sha256(text, got);
	assert_memory_equal(got, hash, sizeof(got));
}

/* Who has texts only comes to the same set: set is complete. */
static void expect_parts(struct arena *a, const struct arc_parts *p,
	const struct arc_seal *set, struct span first, struct span second,
	const unsigned char hash[2][HASH_SHA256_SIZE])
{
	struct span one = span_of(arc_test_base64(a, first.p, first.n));
	struct span two = span_of(arc_test_base64(a, second.p, second.n));

	expect_hash(p->text, hash[0]);
	expect_hash(joined(a, p->over[0], one, p->over[1]), hash[1]);
	assert_true(span_eq(joined(a, p->message[0], one, p->message[1]),
		set->message));
	assert_true(span_eq(joined(a, p->seal[0], two, p->seal[1]),
		set->seal));
	assert_true(span_eq(p->results, set->results));
	assert_true(arc_text_is_of(p->text, SPAN("arc-message-signature")));
	assert_true(arc_text_is_of(p->over[1], SPAN("arc-seal")));
	assert_false(arc_text_is_of(p->text, SPAN("arc-seal")));
	assert_false(arc_text_is_of(p->text, SPAN("dkim-signature")));
}

/* The message with one more set; empty: it was not to have one. */
static struct span sealed(struct arena *a, struct span message)
{
	unsigned char body[HASH_SHA256_SIZE], hash[2][HASH_SHA256_SIZE];
	struct arc_answer chain = check(a, message);
	struct span first, second;
	struct arc_parts parts;
	struct arc_sealing s = { .domain = SPAN("two.example"),
		.selector = SPAN("s"), .ed25519 = true, .now = NOW,
		.results = SPAN("mx.example;\r\n\tspf=pass"),
		.chain = &chain };
	struct arc_seal set, same;
	struct header h;

	header_parse(message, LIMITS, a, &h);
	dkim_sign_body(span_after(message, h.size), a, body);
	if (!arc_seal_prepare(&s, &h, body, a, &set, hash[0]))
		return (struct span){ 0 };
	same = set;
	arc_seal_parts(&same, &h, &parts);
	first = sign(a, hash[0]);
	arc_seal_next(&set, first, hash[1]);
	second = sign(a, hash[1]);
	arc_seal_join(&set, second);
	expect_parts(a, &parts, &set, first, second,
		(const unsigned char (*)[HASH_SHA256_SIZE])hash);
	return span_of(arena_printf(a, "ARC-Seal:%.*s\r\n"
		"ARC-Message-Signature:%.*s\r\n"
		"ARC-Authentication-Results:%.*s\r\n%.*s",
		SPAN_FMT(set.seal), SPAN_FMT(set.message),
		SPAN_FMT(set.results), SPAN_FMT(message)));
}

/* The rest of a field, or one that only some take for a line. */
static void a_text_is_of_its_last_line_only(void **state)
{
	static const char *const bad[] = { "", "arc-seal:x", "\narc-seal:x",
		"x\narc-seal:x", "a:b\r\ndkim-signature:arc-seal:",
		"a:b\r\narc-seal", "a:b\r\narc-seals:x",
		"a:b\r\narc-seal:x\r\ndkim-signature:x",
		"a:b\r\narc-seal:x\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(arc_text_is_of(span_of(bad[i]),
			SPAN("arc-seal")));
	assert_true(arc_text_is_of(SPAN("a:b\r\narc-seal:x"),
		SPAN("arc-seal")));
}

static void sets_are_added(void **state)
{
	static const char first[] =
		"ARC-Seal: a=ed25519-sha256;\r\n\tb=";
	struct span m = sealed(*state, chain(*state, 1)), line, rest;
	struct arc_answer answer = check(*state, m);

	expect(answer, AUTH_PASS, "");
	assert_int_equal(answer.highest, 2);
	expect_span(answer.sets[1].results, "mx.example;\tspf=pass");
	assert_true(span_starts(m, span_of(first)));
	assert_true(span_find(m, SPAN("i=2; s=s; t=1600000000\r\n")) !=
		SIZE_MAX);
	rest = span_sub(m, 0, span_find(m, SPAN("ARC-Seal: i=1")));
	while (span_line(&rest, &line))
		assert_in_range(line.n, 1, 95);
	expect(check(*state, sealed(*state, span_of(plain))), AUTH_PASS, "");
	expect(check(*state, replaced(*state, m, "Subject: hello",
			"Subject: hello\r\nSubject: two")), AUTH_FAIL,
		"ARC-Message-Signature 2: the signature does not fit");
}

static void a_failed_chain_is_closed_once(void **state)
{
	struct span m = replaced(*state, chain(*state, 2), "Hi.", "Ho.");
	struct arc_answer answer;

	m = sealed(*state, m);
	assert_true(span_find(m, SPAN("cv=fail; d=two.example; i=3;")) !=
		SIZE_MAX);
	answer = check(*state, m);
	expect(answer, AUTH_FAIL, "the newest seal says cv=fail");
	assert_true(answer.closed);
	assert_int_equal(sealed(*state, m).n, 0);
}

static void what_cannot_be_sealed_is_not(void **state)
{
	struct span away = arc_test_seal(*state, span_of(plain),
		&(struct test_set){ .i = 1, .selector = "away" });
	struct span m = chain(*state, 49);

	assert_int_equal(sealed(*state, away).n, 0);
	assert_int_equal(sealed(*state, SPAN("Subject: x\r\n\r\nx")).n, 0);
	m = sealed(*state, m);
	expect(check(*state, m), AUTH_PASS, "");
	assert_int_equal(sealed(*state, m).n, 0);
}

static void cut(struct span s, struct arena *a)
{
	struct arc_answer answer = check(a, s);

	assert_true(answer.result != AUTH_WAIT);
}

static void cut_at_each_length_it_ends(void **state)
{
	cut_everywhere(chain(*state, 2), cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(chains_pass),
		TEST(what_changed_on_the_way_is_known),
		TEST(numbers_out_of_order_fail),
		TEST(each_field_is_needed_and_sealed),
		TEST(no_answer_is_temperror),
		TEST(an_unsigned_end_is_no_pass),
		TEST(a_header_over_the_limits_fails),
		TEST(a_text_is_of_its_last_line_only),
		TEST(sets_are_added),
		TEST(a_failed_chain_is_closed_once),
		TEST(what_cannot_be_sealed_is_not),
		TEST(cut_at_each_length_it_ends),
	};

	if (sodium_init() < 0)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_key, NULL);
}
