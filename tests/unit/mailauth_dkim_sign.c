/*
 * What we sign is verified, unchanged only; the field is folded, and the
 * fields that would deceive when added are signed against that.
 */
#include "mailauth/dkim_sign.h"

#include "crypto/sign.h"
#include "mailauth/dkim_canon.h"
#include "mailauth/dkim_tags.h"
#include "mailauth/fold.h"

#include "mail_test.h"

#include "dkim_test.h"

enum { NOW = 1700000000 };

/* RFC 8463 appendix A.2. */
#define RFC_ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
static const char rfc_ed_private[] = "-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";

static char rsa_record[600];
static const struct zone_key zone[] = {
	{ "ed._domainkey.example.com", "v=DKIM1; k=ed25519; p=" RFC_ED },
	{ "rsa._domainkey.example.com", rsa_record },
	{ NULL, NULL }
};
static struct sign_key *ed25519, *rsa;

#define HEAD "Received: from a by b\r\n" \
	"From: Joe <joe@example.com>\r\n" \
	"To: Suzie <suzie@example.net>,\r\n\t\"Another\" <x@example.net>\r\n" \
	"Subject: Is  dinner\r\n ready?\r\n" \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700\r\n" \
	"Message-ID: <1@example.com>\r\n" \
	"MIME-Version: 1.0\r\n" \
	"Content-Type: text/plain\r\n"
#define BODY "Hi.\r\n\r\nWe lost  the game. \r\n\r\n\r\n"

static int make_keys(void **state)
{
	struct buf der = { 0 }, text = { 0 };
	struct err e;

	(void)state;
	ed25519 = sign_read(span_of(rfc_ed_private), "ed", &e);
	rsa = sign_generate(SIGN_RSA, &e);
	if (sign_put_public(rsa, &der, &e) < 0)
		return -1;
	buf_base64(&text, buf_bytes(&der));
	snprintf(rsa_record, sizeof(rsa_record), "v=DKIM1; k=rsa; p=%s",
		buf_c(&text));
	buf_free(&der);
	buf_free(&text);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	sign_free(&ed25519);
	sign_free(&rsa);
	return 0;
}

/* The value of the field; p NULL: not to be signed. */
static struct span sign_field(struct span message, bool ed, struct arena *a)
{
	struct dkim_signing s = { SPAN("example.com"),
		ed ? SPAN("ed") : SPAN("rsa"), ed, NOW };
	unsigned char body[HASH_SHA256_SIZE], hash[HASH_SHA256_SIZE];
	unsigned char signature[SIGN_MOST];
	struct header h;
	struct span field;
	struct err e;
	size_t n;

	header_parse(message, LIMITS, a, &h);
	dkim_sign_body(span_after(message, h.size), a, body);
	if (!dkim_sign_prepare(&s, &h, body, a, &field, hash))
		return (struct span){ 0 };
	assert_true(span_ends(field, SPAN(" b=")) ||
		span_ends(field, SPAN("\tb=")));
	assert_int_equal(sign_hash(ed ? ed25519 : rsa, hash, signature, &n,
		&e), 0);
	return dkim_sign_join(field, span_from(signature, n), a);
}

static struct span put_before(struct arena *a, struct span value,
	struct span message)
{
	struct buf b = { .arena = a };

	buf_string(&b, "DKIM-Signature:");
	buf_span(&b, value);
	buf_string(&b, "\r\n");
	buf_span(&b, message);
	return buf_bytes(&b);
}

static struct span put_behind(struct arena *a, struct span value,
	struct span message)
{
	struct buf b = { .arena = a };
	struct header h;

	header_parse(message, LIMITS, a, &h);
	buf_span(&b, span_sub(message, 0, h.end));
	buf_string(&b, "DKIM-Signature:");
	buf_span(&b, value);
	buf_string(&b, "\r\n");
	buf_span(&b, span_after(message, h.end));
	return buf_bytes(&b);
}

static void expect(struct span message, enum auth_result result,
	const char *problem, struct arena *a)
{
	struct dkim_answer answer;
	unsigned rounds;

	answer = zone_check(zone, message, NOW, a, &rounds);
	assert_int_equal(answer.n, 1);
	expect_span(answer.signatures[0].problem, problem);
	assert_int_equal(answer.result, result);
	if (result == AUTH_PASS)
		assert_int_equal(answer.signatures[0].flags, DKIM_OVERSIGNED);
}

/* At either end of the header, by either key. */
static void expect_good(const char *text, struct arena *a)
{
	for (int ed = 0; ed < 2; ed++) {
		struct span m = span_of(text);
		struct span field = sign_field(m, ed, a);

		assert_non_null(field.p);
		expect(put_before(a, field, m), AUTH_PASS, "", a);
		expect(put_behind(a, field, m), AUTH_PASS, "", a);
	}
}

static void what_we_sign_is_verified(void **state)
{
	expect_good(HEAD "\r\n" BODY, *state);
	expect_good(HEAD "\r\n", *state);
	expect_good("From: a@example.com\r\n\r\nx", *state);
	expect_good("from : a@example.com\r\nX: y\r\n\r\n \t\r\n", *state);
	expect_good("To: a\r\nTo: b\r\nTo: c\r\nFrom: a@example.com\r\n"
		"To: d\r\n\r\nx\r\n", *state);
	expect_good("From: J\xc3\xb6 <a@example.com>\r\n\r\n\xff\r\n",
		*state);
}

/* As in verification: what travels with CRLF may lie with LF. */
static void a_bare_lf_counts_as_crlf(void **state)
{
	static const char lf[] = "From: a@example.com\nSubject: b\n c\n"
		"\nHi\nthere\n";
	static const char crlf[] = "From: a@example.com\r\nSubject: b\r\n c"
		"\r\n\r\nHi\r\nthere\r\n";
	struct span field = sign_field(span_of(lf), true, *state);

	expect(put_before(*state, field, span_of(crlf)), AUTH_PASS, "",
		*state);
	expect_good(lf, *state);
}

static void one_change_breaks_it(void **state)
{
	struct span m = SPAN(HEAD "\r\n" BODY);
	struct span field = sign_field(m, false, *state);
	static const char *const added[] = { "From: b@example.com\r\n",
		"Subject: x\r\n", "Date: x\r\n", "To: x\r\n", "Cc: x\r\n",
		"Reply-To: x\r\n", "MIME-Version: 1.0\r\n",
		"Content-Type: x/y\r\n", "Content-Transfer-Encoding: 8bit\r\n"
	};
	struct dkim_answer answer;
	unsigned rounds;

	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
		struct buf b = { .arena = *state };

		buf_string(&b, added[i]);
		buf_span(&b, m);
		answer = zone_check(zone, put_before(*state, field,
			buf_bytes(&b)), NOW, *state, &rounds);
		assert_int_not_equal(answer.result, AUTH_PASS);
	}
	for (size_t i = 0; i < m.n; i++) {
		unsigned char *p = arena_alloc(*state, m.n);
		bool blank = m.p[i] <= ' ';

		memcpy(p, m.p, m.n);
		p[i] ^= 1;
		if (i < sizeof("Received: from a by b\r\n") || blank)
			continue;
		answer = zone_check(zone, put_before(*state, field,
			span_from(p, m.n)), NOW, *state, &rounds);
		assert_int_not_equal(answer.result, AUTH_PASS);
	}
}

/* Trace fields come and go on the way. */
static void fields_that_are_not_signed_may_come(void **state)
{
	struct span m = SPAN(HEAD "\r\n" BODY);
	struct span field = sign_field(m, true, *state);

	expect(put_before(*state, field, SPAN("Received: x\r\nX-Spam: no\r\n"
		"Authentication-Results: y\r\n" HEAD "\r\n" BODY)), AUTH_PASS,
		"", *state);
}

/* The first line has "DKIM-Signature:" before it. */
static void expect_narrow(struct span value)
{
	size_t column = 15;

	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\n')
			column = 0;
		else if (value.p[i] != '\r' && ++column > FOLD_COLUMNS)
			fail_msg("a line over %d columns: %.*s", FOLD_COLUMNS,
				SPAN_FMT(value));
		if (value.p[i] == '\r' && (i + 2 >= value.n ||
		    value.p[i + 1] != '\n' || value.p[i + 2] != '\t'))
			fail_msg("a bad fold: %.*s", SPAN_FMT(value));
	}
}

static void the_field_is_folded(void **state)
{
	struct buf b = { .arena = *state };

	for (size_t i = 0; i < 60; i++) {
		struct span field;

		buf_string(&b, i % 2 ? "References: x\r\n" : "Cc: y\r\n");
		field = sign_field(span_of(arena_printf(*state,
			"From: a@example.com\r\n%s\r\nx\r\n", buf_c(&b))),
			false, *state);
		expect_narrow(field);
		assert_true(span_starts(field, SPAN(" v=1; a=rsa-sha256; "
			"c=relaxed/relaxed; d=example.com; s=rsa;\r\n\t"
			"t=1700000000; h=From:From:Reply-To:")));
	}
}

static void headers_that_deceive_are_not_signed(void **state)
{
	static const char *const bad[] = {
		"", "\r\nbody", "Subject: x\r\n\r\nbody",
		"From: a@example.com\r\nFrom: b@example.com\r\n\r\nx",
		"From: a@example.com\r\nX: y\r\nFROM : b@example.com\r\n\r\n",
	};
	struct buf b = { .arena = *state };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(sign_field(span_of(bad[i]), true, *state).p);
	buf_string(&b, "From: a@example.com\r\n");
	for (size_t i = 0; i <= DKIM_NAMES_MAX; i++)
		buf_string(&b, "References: x\r\n");
	buf_string(&b, "\r\n");
	assert_null(sign_field(buf_bytes(&b), true, *state).p);
}

/* RFC 8463 appendix A.3: its own field, hash and signature. */
static void the_example_of_rfc8463_is_exact(void **state)
{
	static const char text[] =
"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
" d=football.example.com; i=@football.example.com;\r\n"
" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
" subject : date : message-id : from : subject : date;\r\n"
" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
" b=\r\n"
"From: Joe SixPack <joe@football.example.com>\r\n"
"To: Suzie Q <suzie@shopping.example.net>\r\n"
"Subject: Is dinner ready?\r\n"
"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
"\r\n"
"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
	unsigned char hash[HASH_SHA256_SIZE], signature[SIGN_MOST];
	struct canon_hash *c = arena_alloc(*state, sizeof(*c));
	struct buf b = { .arena = *state };
	struct span all = span_of(text), value;
	struct header h;
	struct err e;
	size_t n;

	header_parse(all, LIMITS, *state, &h);
	dkim_sign_body(span_after(all, h.size), *state, hash);
	buf_base64(&b, span_from(hash, sizeof(hash)));
	expect_span(buf_bytes(&b),
		"2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
	canon_header_begin(c);
	for (size_t i = 1; i < h.n; i++)
		canon_header_add(c, true, all, &h.fields[i]);
	value = h.fields[0].value;
	canon_header_own(c, true, all, &h.fields[0],
		span_after(value, value.n));
	canon_header_end(c, hash);
	assert_int_equal(sign_hash(ed25519, hash, signature, &n, &e), 0);
	b.n = 0;
	buf_base64(&b, span_from(signature, n));
	expect_span(buf_bytes(&b), "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQe"
		"hSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_we_sign_is_verified),
		TEST(a_bare_lf_counts_as_crlf),
		TEST(one_change_breaks_it),
		TEST(fields_that_are_not_signed_may_come),
		TEST(the_field_is_folded),
		TEST(headers_that_deceive_are_not_signed),
		TEST(the_example_of_rfc8463_is_exact),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
