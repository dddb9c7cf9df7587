/*
 * DKIM: the RFCs' own examples, the corpus's signed mail, and messages signed
 * here with a key of this test, whose parts are then changed.
 */
#include "mailauth/dkim.h"

#include <sodium.h>

#include "mail_test.h"

#include "crypto/hash.h"
#include "mailauth/dkim_canon.h"
#include "mailauth/dkim_edit.h"
#include "mailauth/dkim_key.h"
#include "mailauth/dkim_tags.h"

#include "dkim_test.h"

enum { NOW = 1600000000 };

#define RFC_RSA \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3" \
	"idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACD" \
	"fzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLz" \
	"BfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define RFC6376_RSA \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3" \
	"/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItL" \
	"a7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6m" \
	"cwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
#define WEAK_RSA \
	"MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKYMQ2uSSRCNa1/ayKTcRJsQg3jF" \
	"eeyU6cd9KIe5RQwZzg2GUu3cZ2I4O7uCTt2OJ8+p/KfZr1YzfNAHlftTMv0C" \
	"AwEAAQ=="
#define RFC_ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static char our_key[128], strict_key[128];

static const struct zone_key zone[] = {
	{ "brisbane._domainkey.football.example.com",
		"v=DKIM1; k=ed25519; p=" RFC_ED },
	{ "test._domainkey.football.example.com",
		"v=DKIM1; k=rsa; p=" RFC_RSA },
	{ "good._domainkey.example.com", our_key },
	{ "two._domainkey.example.com", "v=DKIM1; k=ed25519; p=" RFC_ED },
	{ "two._domainkey.example.com", our_key },
	{ "away._domainkey.example.com", NULL },
	{ "test._domainkey.example.com", "t=y; k=ed25519; p=" RFC_ED },
	{ "strict._domainkey.example.com", strict_key },
	{ "gone._domainkey.example.com", "v=DKIM1; p=" },
	{ "rsa._domainkey.example.com", "p=" RFC_RSA },
	{ "weak._domainkey.example.com", "p=" WEAK_RSA },
	{ "brisbane._domainkey.example.com", "v=DKIM1; p=" RFC6376_RSA },
	{ "short._domainkey.example.com", "k=ed25519; p=AAAA" },
	{ "xn--s-bga._domainkey.xn--bcher-kva.example", our_key },
	{ NULL, NULL }
};

/* RFC 8463 appendix A.3. */
static const char rfc8463[] =
"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
" d=football.example.com; i=@football.example.com;\r\n"
" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
" subject : date : message-id : from : subject : date;\r\n"
" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
" d=football.example.com; i=@football.example.com;\r\n"
" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
" date : message-id : from : subject : date;\r\n"
" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
"From: Joe SixPack <joe@football.example.com>\r\n"
"To: Suzie Q <suzie@shopping.example.net>\r\n"
"Subject: Is dinner ready?\r\n"
"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
"\r\n"
"Hi.\r\n"
"\r\n"
"We lost the game.  Are you hungry yet?\r\n"
"\r\n"
"Joe.\r\n";

/*
 * RFC 6376 appendix A, as errata 3192 (one blank in the body) and 4926 (the
 * indentation) have it: it is signed simple/simple.
 */
static const char rfc6376[] =
"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"
"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"
"      h=Received : From : To : Subject : Date : Message-ID;\r\n"
"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
"      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
"      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
"      4bmp/YzhwvcubU4=;\r\n"
"Received: from client1.football.example.com  [192.0.2.1]\r\n"
"      by submitserver.example.com with SUBMISSION;\r\n"
"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
"From: Joe SixPack <joe@football.example.com>\r\n"
"To: Suzie Q <suzie@shopping.example.net>\r\n"
"Subject: Is dinner ready?\r\n"
"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
"\r\n"
"Hi.\r\n"
"\r\n"
"We lost the game. Are you hungry yet?\r\n"
"\r\n"
"Joe.\r\n";

static struct dkim_answer check(struct span message, struct arena *a)
{
	unsigned rounds;

	return zone_check(zone, message, NOW, a, &rounds);
}

/* The RFC's message with one text put for another. */
static struct span changed(struct arena *a, const char *from, const char *to)
{
	struct span all = span_of(rfc8463);
	size_t at = span_find(all, span_of(from));
	struct buf b = { .arena = a };

	assert_true(at != SIZE_MAX);
	buf_span(&b, span_sub(all, 0, at));
	buf_string(&b, to);
	buf_span(&b, span_after(all, at + strlen(from)));
	return buf_bytes(&b);
}

static unsigned char seed[crypto_sign_SEEDBYTES] = "a key of this test only";

static void base64(struct span s, char *out, size_t size)
{
	sodium_bin2base64(out, size, s.p, s.n,
		sodium_base64_VARIANT_ORIGINAL);
}

static int make_key(void **state)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	char text[64];

	crypto_sign_seed_keypair(public, secret, seed);
	base64(span_from(public, sizeof(public)), text, sizeof(text));
	snprintf(our_key, sizeof(our_key), "v=DKIM1; k=ed25519; p=%s", text);
	snprintf(strict_key, sizeof(strict_key), "t=s; k=ed25519; p=%s", text);
	(void)state;
	return 0;
}

/* The message with a signature of the given tags before it. */
static struct span sign(struct arena *a, const char *tags, const char *header,
	const char *body)
{
	bool relaxed = strstr(tags, "c=relaxed/relaxed") != NULL;
	const char *l = strstr(tags, "l="), *part;
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	unsigned char hash[HASH_SHA256_SIZE], sig[crypto_sign_BYTES];
	struct canon_body *cb = arena_alloc(a, sizeof(*cb));
	struct canon_hash *ch = arena_alloc(a, sizeof(*ch));
	char bh[64], b[128], *text;
	bool taken[64] = { false };
	struct span rest, name;
	struct dkim_tags t;
	struct header h;

	canon_body_begin(cb, relaxed, l ? strtoull(l + 2, NULL, 10) :
		UINT64_MAX);
	canon_body_add(cb, span_of(body));
	canon_body_end(cb, hash);
	base64(span_from(hash, sizeof(hash)), bh, sizeof(bh));
	text = arena_printf(a, "DKIM-Signature: v=1; a=ed25519-sha256; %s;"
		" bh=%s; b=", tags, bh);
	part = arena_printf(a, "%s\r\n%s\r\n%s", text, header, body);
	header_parse(span_of(part), LIMITS, a, &h);
	assert_null(dkim_tags_parse(h.fields[0].value, &t));
	rest = dkim_tags_value(&t, "h");
	canon_header_begin(ch);
	while (dkim_list_next(&rest, &name))
		for (size_t i = h.n; i-- > 1;)
			if (!taken[i] && span_caseeq(h.fields[i].name, name)) {
				taken[i] = true;
				canon_header_add(ch, relaxed, span_of(part),
					&h.fields[i]);
				break;
			}
	canon_header_own(ch, relaxed, span_of(part), &h.fields[0],
		dkim_tags_find(&t, "b")->raw);
	canon_header_end(ch, hash);
	crypto_sign_seed_keypair(public, secret, seed);
	crypto_sign_detached(sig, NULL, hash, sizeof(hash), secret);
	base64(span_from(sig, sizeof(sig)), b, sizeof(b));
	return span_of(arena_printf(a, "%s%s\r\n%s\r\n%s", text, b, header,
			body));
}

#define HEAD "From: a@example.com\r\nSubject: one\r\n two\r\n"
#define TAGS "d=example.com; s=good; h=From:Subject"

static void expect(struct dkim_answer answer, size_t i,
	enum auth_result result, unsigned flags, const char *problem)
{
	assert_true(answer.n > i);
	expect_span(answer.signatures[i].problem, problem);
	assert_int_equal(answer.signatures[i].result, result);
	assert_int_equal(answer.signatures[i].flags, flags);
}

static void rfc8463_appendix_a_passes(void **state)
{
	struct dkim_answer answer = check(span_of(rfc8463), *state);

	assert_int_equal(answer.n, 2);
	assert_int_equal(answer.result, AUTH_PASS);
	expect(answer, 0, AUTH_PASS, DKIM_OVERSIGNED, "");
	expect(answer, 1, AUTH_PASS, DKIM_OVERSIGNED | DKIM_SHORT_KEY, "");
	expect_span(answer.signatures[0].domain, "football.example.com");
	expect_span(answer.signatures[0].selector, "brisbane");
	expect_span(answer.signatures[0].identity, "@football.example.com");
	expect_span(answer.signatures[0].algorithm, "ed25519-sha256");
	assert_int_equal(answer.signatures[0].key_bits, 256);
	assert_int_equal(answer.signatures[1].key_bits, 1024);
}

static void rfc6376_appendix_a_passes(void **state)
{
	struct dkim_answer answer = check(span_of(rfc6376), *state);

	assert_int_equal(answer.n, 1);
	expect(answer, 0, AUTH_PASS, DKIM_SHORT_KEY, "");
	expect_span(answer.signatures[0].identity, "joe@football.example.com");
}

/* RFC 8616: names are looked up as A-labels. */
static void names_may_be_u_labels(void **state)
{
	struct dkim_answer answer = check(sign(*state, "d=b\xc3\xbc"
			"cher.example; s=s\xc3\xa9; h=From; "
			"i=j\xc3\xb6rg@mail.b\xc3\xbc" "cher.example", HEAD,
			"x\r\n"), *state);

	expect(answer, 0, AUTH_PASS, 0, "");
	expect_span(answer.signatures[0].domain, "xn--bcher-kva.example");
	expect_span(answer.signatures[0].selector, "xn--s-bga");
	expect_span(answer.signatures[0].identity,
		"j\xc3\xb6rg@mail.xn--bcher-kva.example");
	expect(check(sign(*state, "d=b\xc3\xbc" "cher.example; s=s; h=From; "
			"i=x@b\xc3\xbc" "cherei.example", HEAD, "x\r\n"),
			*state), 0, AUTH_PERMERROR, 0, "i= is not within d=");
}

static void what_may_change_may_change(void **state)
{
	static const char *const same[][2] = {
		{ "Subject: Is dinner", "subject:  Is \t dinner" },
		{ "ready?\r\n", "\r\n\tready? \r\n" },
		{ "yet?\r\n\r\n", "yet?  \r\n \r\n" },
		{ "Joe.\r\n", "Joe.\r\n\r\n \t\r\n" },
		{ "From: Joe", "X-New: field\r\nFrom: Joe" },
		{ "Joe.\r\n", "Joe." },
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct dkim_answer answer = check(changed(*state, same[i][0],
				same[i][1]), *state);

		expect(answer, 0, AUTH_PASS, DKIM_OVERSIGNED, "");
		expect(answer, 1, AUTH_PASS,
			DKIM_OVERSIGNED | DKIM_SHORT_KEY, "");
	}
}

static void what_may_not_change_fails(void **state)
{
	static const char *const other[][3] = {
		{ "Is dinner", "Is lunch", "the signature does not fit" },
		{ "Hi.", "Ho.", "the body is not as it was signed" },
		{ "Joe.\r\n", "Joe.\r\nx", "the body is not as it was signed" },
		{ "Subject: Is", "Subject: x\r\nSubject: Is",
			"the signature does not fit" },
		{ "game.  Are", "game.Are",
			"the body is not as it was signed" },
		{ "t=1528637909", "t=1528637908",
			"the signature does not fit" },
	};

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		expect(check(changed(*state, other[i][0], other[i][1]),
				*state), 0, AUTH_FAIL, DKIM_OVERSIGNED,
			other[i][2]);
}

static void a_signature_that_is_none_asks_nobody(void **state)
{
	static const char *const bad[][3] = {
		{ "v=1;", "v=2;", "v= is not 1" },
		{ "v=1; ", "", "v= is missing" },
		{ "s=brisbane; ", "", "s= is missing" },
		{ "v=1;", "v=1;;", "a tag has no \"=\"" },
		{ "v=1;", "v=1; v=1;", "a tag is there twice" },
		{ "v=1;", "v=1; 1=1;", "a tag has no proper name" },
		{ "a=ed25519-sha256", "a=md5",
			"a= is no algorithm that is known" },
		{ "c=relaxed/relaxed", "c=nofws",
			"c= is no canonicalisation that is known" },
		{ "d=football.example.com", "d=com", "d= is no domain" },
		{ "d=football.example.com", "d=legit.com(.attack.com",
			"d= is no domain" },
		{ "d=football.example.com", "d=legit.com'a.attack.com",
			"d= is no domain" },
		{ "d=football.example.com", "d=football..example.com",
			"d= is no domain" },
		{ "s=brisbane", "s=bris.", "s= is no selector" },
		{ "s=brisbane", "s=.a", "s= is no selector" },
		{ "s=brisbane", "s=\x01",
			"a tag's value has control characters" },
		{ "i=@football.", "i=@ootball.", "i= is not within d=" },
		{ "i=@football.", "i=@xfootball.", "i= is not within d=" },
		{ "i=@football.example.com", "i=joe", "i= has no \"@\"" },
		{ "q=dns/txt", "q=x", "q= is without dns/txt" },
		{ "t=1528637909", "t=x", "t=, x= or l= is no number" },
		{ "t=1528637909", "t=5; x=5", "x= is not after t=" },
		{ "bh=2jUS", "bh=2jU", "bh= is not base64" },
		{ "bh=2jUS", "bh=", "bh= has not the size of a SHA-256" },
		{ "b=/gCr", "b=/g!r", "b= is not base64" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(check(changed(*state, bad[i][0], bad[i][1]), *state),
			0, AUTH_PERMERROR, 0, bad[i][2]);
}

/* Row 64 of the security cases. */
static void a_nul_in_a_name_is_no_name(void **state)
{
	static const char *const tags[] = { "s=brisbane", "football.example" };

	for (size_t i = 0; i < 2; i++) {
		struct span m = changed(*state, tags[i], tags[i]);
		size_t at = span_find(m, span_of(tags[i])) + 4;

		((unsigned char *)(uintptr_t)m.p)[at] = 0;
		expect(check(m, *state), 0, AUTH_PERMERROR, 0,
			"a tag's value has control characters");
	}
}

/* Rows 68 and 69 of the security cases. */
static void names_are_bounded_and_have_from(void **state)
{
	struct span many = repeat(*state, ":x", 10000);
	char *h = arena_printf(*state, "d=example.com; s=good; h=From%.*s",
		SPAN_FMT(many));

	expect(check(sign(*state, "d=example.com; s=good; h=Subject", HEAD,
			"x\r\n"), *state), 0, AUTH_PERMERROR, 0,
		"h= is without From");
	expect(check(sign(*state, h, HEAD, "x\r\n"), *state), 0,
		AUTH_PERMERROR, 0, "h= names too many fields");
}

static void a_second_from_is_no_pass(void **state)
{
	struct span m = sign(*state, TAGS, HEAD, "x\r\n");
	char *two = arena_printf(*state, "From: b@example.net\r\n%.*s",
		SPAN_FMT(m));

	expect(check(m, *state), 0, AUTH_PASS, 0, "");
	expect(check(span_of(two), *state), 0, AUTH_POLICY, DKIM_SECOND_FROM,
		"a second From is not signed");
	m = sign(*state, TAGS ":From", HEAD, "x\r\n");
	expect(check(m, *state), 0, AUTH_PASS, DKIM_OVERSIGNED, "");
	two = arena_printf(*state, "From: b@example.net\r\n%.*s",
		SPAN_FMT(m));
	expect(check(span_of(two), *state), 0, AUTH_FAIL, 0,
		"the signature does not fit");
}

static void fields_are_taken_from_the_bottom(void **state)
{
	struct span m = sign(*state,
		"d=example.com; s=good; h=From:X:X", "X: 1\r\nX: 2\r\n" HEAD,
		"x\r\n");
	char *more = arena_printf(*state, "X: 0\r\n%.*s", SPAN_FMT(m));

	expect(check(m, *state), 0, AUTH_PASS, 0, "");
	expect(check(span_of(more), *state), 0, AUTH_PASS, 0, "");
	more = arena_printf(*state, "%.*sX: 3\r\n\r\nx\r\n",
		(int)(m.n - 5), (const char *)m.p);
	expect(check(span_of(more), *state), 0, AUTH_FAIL, 0,
		"the signature does not fit");
}

/* Row 66. */
static void a_length_is_seen(void **state)
{
	struct span m = sign(*state, TAGS "; l=3", HEAD, "x\r\n");
	char *more = arena_printf(*state, "%.*smore\r\n", SPAN_FMT(m));
	static const char *const over[] = { "4",
		"1000000000000000000000000000000" };

	expect(check(m, *state), 0, AUTH_PASS, 0, "");
	expect(check(span_of(more), *state), 0, AUTH_PASS, DKIM_PARTIAL, "");
	expect(check(sign(*state, TAGS "; l=0", HEAD, "x\r\n"), *state), 0,
		AUTH_PASS, DKIM_PARTIAL, "");
	for (size_t i = 0; i < 2; i++)
		expect(check(sign(*state, arena_printf(*state, TAGS "; l=%s",
					over[i]), HEAD, "x\r\n"), *state), 0,
			AUTH_PERMERROR, 0, "l= is longer than the body");
}

static void times_are_seen(void **state)
{
	expect(check(sign(*state, TAGS "; x=1599999999", HEAD, "x\r\n"),
			*state), 0, AUTH_POLICY, DKIM_EXPIRED,
		"the signature has expired");
	expect(check(sign(*state, TAGS "; x=1600000000", HEAD, "x\r\n"),
			*state), 0, AUTH_PASS, 0, "");
	expect(check(sign(*state, TAGS "; t=1600003601", HEAD, "x\r\n"),
			*state), 0, AUTH_PASS, DKIM_FUTURE, "");
	expect(check(sign(*state, TAGS "; t=1600086400; x=1600172800", HEAD,
			"x\r\n"), *state), 0, AUTH_PASS, DKIM_FUTURE, "");
	expect(check(sign(*state, TAGS "; t=1599900000; x=1599913600", HEAD,
			"x\r\n"), *state), 0, AUTH_POLICY, DKIM_EXPIRED,
		"the signature has expired");
}

/* Row 69. */
static void only_the_first_eight_are_looked_at(void **state)
{
	struct span m = sign(*state, TAGS, HEAD, "x\r\n");
	size_t end = span_find(m, SPAN("\r\nFrom:")) + 2;
	char *one = arena_printf(*state, "%.*s", (int)end,
		(const char *)m.p);
	struct span many = repeat(*state, one, 99);
	struct dkim_answer answer = check(span_of(arena_printf(*state,
			"%.*s%.*s", SPAN_FMT(many), SPAN_FMT(m))), *state);

	assert_int_equal(answer.n, 8);
	assert_int_equal(answer.more, 92);
	assert_int_equal(answer.result, AUTH_PASS);
}

static void keys_are_what_they_are(void **state)
{
	static const struct {
		const char *selector;
		enum auth_result result;
		unsigned flags;
		const char *problem;
	} rows[] = {
		{ "two", AUTH_PASS, 0, "" },
		{ "away", AUTH_TEMPERROR, 0, "the DNS did not answer" },
		{ "none", AUTH_PERMERROR, 0, "there is no key" },
		{ "gone", AUTH_PERMERROR, DKIM_REVOKED,
			"the key is revoked" },
		{ "rsa", AUTH_PERMERROR, 0,
			"the key is for another algorithm" },
		{ "short", AUTH_PERMERROR, 0, "p= is no Ed25519 key" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(check(sign(*state, arena_printf(*state,
				"d=example.com; s=%s; h=From",
				rows[i].selector), HEAD, "x\r\n"), *state),
			0, rows[i].result, rows[i].flags, rows[i].problem);
}

/* Also when the body does not fit: t=y and revoked keys are facts. */
static void a_key_is_read_whatever_the_body(void **state)
{
	static const char *const rows[][2] = {
		{ "test", "the body is not as it was signed" },
		{ "gone", "the key is revoked" },
	};

	for (size_t i = 0; i < 2; i++) {
		struct span m = sign(*state, arena_printf(*state,
				"d=example.com; s=%s; h=From", rows[i][0]),
			HEAD, "x\r\n");
		char *more = arena_printf(*state, "%.*sy\r\n", SPAN_FMT(m));

		expect(check(span_of(more), *state), 0,
			i ? AUTH_PERMERROR : AUTH_FAIL,
			i ? DKIM_REVOKED : DKIM_TESTING, rows[i][1]);
	}
}

/* RFC 6376 section 3.6.1: t=s allows no i= below d=. */
static void a_strict_key_allows_no_subdomain(void **state)
{
	expect(check(sign(*state, "d=example.com; s=strict; h=From; "
			"i=x@sub.example.com", HEAD, "x\r\n"), *state), 0,
		AUTH_PERMERROR, 0,
		"the key allows no identity below its domain");
	expect(check(sign(*state, "d=example.com; s=strict; h=From; "
			"i=x@Example.com", HEAD, "x\r\n"), *state), 0,
		AUTH_PASS, 0, "");
	expect(check(sign(*state, "d=example.com; s=good; h=From; "
			"i=x@sub.example.com", HEAD, "x\r\n"), *state), 0,
		AUTH_PASS, 0, "");
}

static void weak_rsa_is_policy(void **state)
{
	static const char *const rows[][2] = {
		{ "rsa-sha256", "the RSA key is under 1024 bits (RFC 8301)" },
		{ "rsa-sha1", "rsa-sha1 proves nothing (RFC 8301)" },
	};

	for (size_t i = 0; i < 2; i++) {
		struct span m = sign(*state,
			"d=example.com; s=weak; h=From", HEAD, "x\r\n");
		size_t at = span_find(m, SPAN("ed25519-sha256"));
		char *rsa = arena_printf(*state, "%.*s%s%.*s", (int)at,
			(const char *)m.p, rows[i][0],
			SPAN_FMT(span_after(m, at + 14)));

		expect(check(span_of(rsa), *state), 0, AUTH_POLICY,
			i ? DKIM_SHA1 : DKIM_WEAK_KEY, rows[i][1]);
	}
}

static void key_records_are_read_strictly(void **state)
{
	static const char *const rows[][2] = {
		{ "v=DKIM1; k=ed25519; p=" RFC_ED, NULL },
		{ "p=" RFC_RSA, NULL },
		{ "v=DKIM1; g=*; n=a note; t=y:s; s=email; p=" RFC_RSA, NULL },
		{ "p=" RFC_RSA "; v=DKIM1",
			"the key record is not well-formed" },
		{ "v=DKIM2; p=" RFC_RSA, "the key record is not well-formed" },
		{ "v=DKIM1: g=*; p=" RFC_RSA,
			"the key record is not well-formed" },
		{ "v=DKIM1; k=x; p=" RFC_RSA,
			"the key is of a type that is not known" },
		{ "h=sha1; p=" RFC_RSA, "the key is not for sha256" },
		{ "h=sha1:sha256; p=" RFC_RSA, NULL },
		{ "s=tlsrpt; p=" RFC_RSA, "the key is not for e-mail" },
		{ "v=DKIM1; k=rsa", "the key record is without p=" },
		{ "v=DKIM1; p=", "the key is revoked" },
		{ "p=!!!!", "the key's p= is not base64" },
		{ "", "the key record is not well-formed" },
	};
	struct dkim_key k;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *problem = dkim_key_read(span_of(rows[i][0]),
			*state, &k);

		if (!rows[i][1])
			assert_null(problem);
		else
			assert_string_equal(problem, rows[i][1]);
	}
	assert_string_equal(dkim_key_read(repeat(*state, "n", 4097), *state,
			&k), "the key record is too long");
}

static void all_keys_are_asked_for_at_once(void **state)
{
	unsigned rounds;

	zone_check(zone, span_of(rfc8463), NOW, *state, &rounds);
	assert_int_equal(rounds, 1);
	assert_int_equal(zone_check(zone, SPAN("From: a\r\n\r\nx"), NOW,
			*state, &rounds).result, AUTH_NONE);
	assert_int_equal(rounds, 0);
}

/* RFC 6376 section 3.4.5 and 3.4.6. */
/* Without its key, what a check with it says of the other message. */
static void outlives_as_checked(struct arena *a, struct span was,
	struct span is, bool same_body)
{
	struct dkim_answer answer = check(is, a);
	struct dkim_bytes before, after;
	struct header h[2];
	struct span names;

	header_parse(was, LIMITS, a, &h[0]);
	header_parse(is, LIMITS, a, &h[1]);
	before = (struct dkim_bytes){ was, &h[0] };
	after = (struct dkim_bytes){ same_body ? span_sub(is, 0, h[1].size) :
		is, &h[1] };
	assert_int_equal(dkim_outlives(&before, &after, same_body, 0, NOW, a,
			&names), answer.n > 0 &&
		answer.signatures[0].result == AUTH_PASS);
	assert_true(dkim_names_have(names, SPAN("subject")));
	assert_false(dkim_names_have(names, SPAN("sub")));
}

static void edits_are_judged_without_a_key(void **state)
{
	static const char *const edits[][2] = {
		{ "Subject: Is", "Subject: [x] Is" },
		{ "Subject: Is", "subject:   Is" },
		{ "Subject: Is dinner ready?\r\n", "" },
		{ "To: Suzie", "X-New: 1\r\nTo: Suzie" },
		{ "From: Joe", "From: new@example.org\r\nFrom: Joe" },
		{ "Subject: Is", "Subject: Is\r\nSubject: Is" },
		{ "Message-ID", "X-New: 1\r\nMessage-ID" },
		{ "s=brisbane", "s=brisbane2" },
	}, *const bodies[][2] = { { "Hi.", "Hello." }, { "Hi.", "Hi. " } };
	struct span l = sign(*state, TAGS "; l=3", HEAD, "x\r\n");

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct span is = changed(*state, edits[i][0], edits[i][1]);

		outlives_as_checked(*state, span_of(rfc8463), is, true);
		outlives_as_checked(*state, span_of(rfc8463), is, false);
	}
	for (size_t i = 0; i < 2; i++)
		outlives_as_checked(*state, span_of(rfc8463),
			changed(*state, bodies[i][0], bodies[i][1]), false);
	outlives_as_checked(*state, l, l, false);
	outlives_as_checked(*state, l, span_of(arena_printf(*state,
			"%.*smore\r\n", SPAN_FMT(l))), false);
	outlives_as_checked(*state, l, span_sub(l, 0, l.n - 3), false);
}

static void body_is(struct arena *a, bool relaxed, const char *body,
	const char *want)
{
	unsigned char once[HASH_SHA256_SIZE], slow[HASH_SHA256_SIZE];
	unsigned char right[HASH_SHA256_SIZE];
	struct canon_body *b = arena_alloc(a, sizeof(*b));

	hash_sha256(span_of(want), right);
	canon_body_begin(b, relaxed, UINT64_MAX);
	canon_body_add(b, span_of(body));
	canon_body_end(b, once);
	assert_int_equal(b->total, strlen(want));
	assert_memory_equal(once, right, sizeof(once));
	canon_body_begin(b, relaxed, UINT64_MAX);
	for (size_t i = 0; body[i]; i++)
		canon_body_add(b, span_from(body + i, 1));
	canon_body_end(b, slow);
	assert_memory_equal(slow, right, sizeof(slow));
}

static void bodies_have_their_canonical_form(void **state)
{
	body_is(*state, true, " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n");
	body_is(*state, false, " C \r\nD \t E\r\n\r\n\r\n",
		" C \r\nD \t E\r\n");
	body_is(*state, true, "", "");
	body_is(*state, false, "", "\r\n");
	body_is(*state, true, "\r\n \r\n", "");
	body_is(*state, false, "\r\n\r\n", "\r\n");
	body_is(*state, true, "a\nb", "a\r\nb\r\n");
	body_is(*state, false, "a\nb\n\n", "a\r\nb\r\n");
	body_is(*state, true, "a \r b\r\r\n", "a \r b\r\r\n");
	body_is(*state, false, "a\r", "a\r\r\n");
	body_is(*state, false, "\r\n\r\na\r\n", "\r\n\r\na\r\n");
}

static void cut(struct span s, struct arena *a)
{
	struct dkim_answer answer = check(s, a);

	assert_true(answer.result != AUTH_WAIT);
	if (s.n < sizeof(rfc8463) - 3)
		assert_true(answer.result != AUTH_PASS);
}

static void cut_at_each_length_it_never_passes(void **state)
{
	(void)state;
	cut_everywhere(span_of(rfc8463), cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rfc8463_appendix_a_passes),
		TEST(rfc6376_appendix_a_passes),
		TEST(names_may_be_u_labels),
		TEST(what_may_change_may_change),
		TEST(what_may_not_change_fails),
		TEST(a_signature_that_is_none_asks_nobody),
		TEST(a_nul_in_a_name_is_no_name),
		TEST(names_are_bounded_and_have_from),
		TEST(a_second_from_is_no_pass),
		TEST(fields_are_taken_from_the_bottom),
		TEST(a_length_is_seen),
		TEST(times_are_seen),
		TEST(only_the_first_eight_are_looked_at),
		TEST(keys_are_what_they_are),
		TEST(a_key_is_read_whatever_the_body),
		TEST(a_strict_key_allows_no_subdomain),
		TEST(weak_rsa_is_policy),
		TEST(key_records_are_read_strictly),
		TEST(all_keys_are_asked_for_at_once),
		TEST(edits_are_judged_without_a_key),
		TEST(bodies_have_their_canonical_form),
		TEST(cut_at_each_length_it_never_passes),
	};

	if (sodium_init() < 0)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_key, NULL);
}
