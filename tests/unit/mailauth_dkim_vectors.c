/*
 * DKIM: every signed message of the conformance corpus whose key is known,
 * case by case, as given, with CRLF, and with one byte of its body changed.
 */
#include "mailauth/dkim.h"

#include <sodium.h>

#include "suite_test.h"
#include "crypto/sign.h"
#include "dkim_test.h"
#include "mailauth/dkim_sign.h"

#define FOLDER "conf-dev/dkim"

enum { NOW = 1600000000 };

#define FOOTBALL "test._domainkey.football.example.com"
#define BRISBANE "brisbane._domainkey.football.example.com"
#define RFC_ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define GMAIL "20120113._domainkey.gmail.com"

static const struct {
	const char *file, *name, *key, *name2, *key2;
	size_t n;
	enum auth_result result;
	unsigned flags;
} vectors[] = {
	{ "dkimpy/rfc6376.signed.msg", FOOTBALL, "dkimpy/test.txt",
		BRISBANE, "=k=ed25519; p=" RFC_ED,
		2, AUTH_PASS, DKIM_OVERSIGNED },
	{ "mailauth-rfc8463/signed.eml", FOOTBALL, "dkimpy/test.txt",
		BRISBANE, "=k=ed25519; p=" RFC_ED,
		2, AUTH_PASS, DKIM_OVERSIGNED },
	{ "mimekit/rfc8463-example.msg", FOOTBALL, "dkimpy/test.txt",
		BRISBANE, "=k=ed25519; p=" RFC_ED,
		2, AUTH_PASS, DKIM_OVERSIGNED },
	{ "dkimpy/ed25519test2.msg", "sed._domainkey.test.ex",
		"dkimpy/eximtest.dns", NULL, NULL, 1, AUTH_PASS, 0 },
	{ "dkimpy/test2.message", GMAIL, "mimekit/gmail.pub", NULL, NULL,
		1, AUTH_PASS, 0 },
	{ "mimekit/gmail.msg", GMAIL, "mimekit/gmail.pub", NULL, NULL,
		1, AUTH_PASS, 0 },
	{ "mimekit/related.msg", GMAIL, "mimekit/gmail.pub", NULL, NULL,
		1, AUTH_PASS, 0 },
	{ "mimekit/multipart-no-end-boundary.msg", GMAIL,
		"mimekit/gmail.pub", NULL, NULL, 1, AUTH_PASS, 0 },
};

/* Bad keys of dkimpy, for its football message. */
static const char *const bad_keys[][2] = {
	{ "dkimpy/badk.txt", "the key is of a type that is not known" },
	{ "dkimpy/badversion.txt", "the key record is not well-formed" },
	{ "dkimpy/test_bad.txt", "p= is no RSA key" },
	{ "dkimpy/test_tlsrpt.txt", "the key is not for e-mail" },
	{ "dkimpy/test2.txt", NULL },
};

static struct span load(struct arena *a, const char *file)
{
	return suite_file(a, arena_printf(a, FOLDER "/%s", file));
}

/* A record as text ("=" and it, or a file), or made from a PEM file. */
static const char *load_key(struct arena *a, const char *file)
{
	struct buf b = { .arena = a };
	struct span rest, line;

	if (!file || file[0] == '=')
		return file ? file + 1 : NULL;
	rest = load(a, file);
	if (!span_starts(rest, SPAN("-----")))
		return arena_string(a, span_trim(rest));
	buf_string(&b, "p=");
	while (span_line(&rest, &line))
		if (!span_starts(line, SPAN("-----")))
			buf_span(&b, span_trim(line));
	return buf_c(&b);
}

static struct span with_crlf(struct arena *a, struct span s)
{
	struct buf b = { .arena = a };
	struct span line;

	while (span_line(&s, &line)) {
		buf_span(&b, line);
		buf_string(&b, "\r\n");
	}
	return buf_bytes(&b);
}

static struct dkim_answer run(struct arena *a, size_t i, struct span message)
{
	struct zone_key zone[3] = {
		{ vectors[i].name, load_key(a, vectors[i].key) },
		{ vectors[i].name2, load_key(a, vectors[i].key2) },
	};
	unsigned rounds;

	return zone_check(zone, message, NOW, a, &rounds);
}

static void expect_all(size_t i, struct dkim_answer answer)
{
	assert_int_equal(answer.n, vectors[i].n);
	for (size_t k = 0; k < answer.n; k++) {
		struct dkim_signature *s = &answer.signatures[k];

		assert_true(s->b.n > 80);
		if (s->result != vectors[i].result ||
		    (s->flags & ~(unsigned)DKIM_SHORT_KEY) !=
		    vectors[i].flags)
			fail_msg("%s, signature %zu: result %d, flags %x, "
				"\"%.*s\"", vectors[i].file, k + 1, s->result,
				s->flags, SPAN_FMT(s->problem));
	}
}

static void each_vector_has_its_result(void **state)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct span m = load(*state, vectors[i].file);
		struct span crlf = with_crlf(*state, m);
		size_t at = span_find(crlf, SPAN("\r\n\r\n")) + 4;

		expect_all(i, run(*state, i, m));
		expect_all(i, run(*state, i, crlf));
		((unsigned char *)(uintptr_t)crlf.p)[at + 1] ^= 1;
		assert_int_equal(run(*state, i, crlf).result, AUTH_FAIL);
	}
}

static void bad_keys_are_told_apart(void **state)
{
	struct span m = load(*state, vectors[0].file);

	for (size_t i = 0; i < sizeof(bad_keys) / sizeof(bad_keys[0]); i++) {
		struct zone_key zone[2] = {
			{ FOOTBALL, load_key(*state, bad_keys[i][0]) },
		};
		unsigned rounds;
		struct dkim_answer answer = zone_check(zone, m, NOW, *state,
			&rounds);

		expect_span(answer.signatures[1].problem,
			bad_keys[i][1] ? bad_keys[i][1] : "");
		assert_int_equal(answer.signatures[1].result,
			bad_keys[i][1] ? AUTH_PERMERROR : AUTH_PASS);
	}
}

/* Messages that come unsigned, private keys and the record of each. */
static const char *const unsigned_files[] = {
	"dkimpy/test.message", "dkimpy/test_extra.message",
	"dkimpy/rfc6376.msg", "dkimpy/ed25519test.msg",
};
static const char *const key_pairs[][2] = {
	{ "dkimpy/test.private", "dkimpy/test.txt" },
	{ "dkimpy/test2.private", "dkimpy/test2.txt" },
	{ "mimekit/example.pem", "mimekit/example.pub" },
	{ "mailauth-rfc8463/private-rsa.key", "dkimpy/test.txt" },
	{ "dkimpy/ed25519test.key", "dkimpy/ed25519test.dns" },
	{ "dkimpy/rfc8032_7_1.key", "=k=ed25519; p=" RFC_ED },
	{ "mailauth-rfc8463/private-ec.key", "=k=ed25519; p=" RFC_ED },
};

/* Of Ed25519 the files have the 32 bytes only, in base64: made PKCS#8. */
static struct span load_private(struct arena *a, const char *file)
{
	unsigned char der[48] = { 0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b,
		0x65, 0x70, 4, 0x22, 4, 0x20 };
	struct span text = load(a, file);
	char pem[80];
	size_t n;

	if (span_starts(text, SPAN("-----")))
		return text;
	assert_int_equal(sodium_base642bin(der + 16, 32,
		(const char *)text.p, text.n, "\n", &n, NULL,
		sodium_base64_VARIANT_ORIGINAL), 0);
	sodium_bin2base64(pem, sizeof(pem), der, sizeof(der),
		sodium_base64_VARIANT_ORIGINAL);
	return span_of(arena_printf(a, "-----BEGIN PRIVATE KEY-----\n%s\n"
			"-----END PRIVATE KEY-----\n", pem));
}

/* Empty: the message is not to be signed. */
static struct span sign(struct arena *a, struct span message,
	struct sign_key *key)
{
	struct dkim_signing how = { .domain = SPAN("example.com"),
		.selector = SPAN("test"), .now = NOW,
		.ed25519 = sign_kind(key) == SIGN_ED25519 };
	unsigned char hash[HASH_SHA256_SIZE], signature[SIGN_MOST];
	struct span field, value;
	struct err e = { 0 };
	struct header h;
	size_t n;

	header_parse(message, LIMITS, a, &h);
	dkim_sign_body(span_after(message, h.size), a, hash);
	if (!dkim_sign_prepare(&how, &h, hash, a, &field, hash))
		return (struct span){ 0 };
	assert_int_equal(sign_hash(key, hash, signature, &n, &e), 0);
	value = dkim_sign_join(field, span_from(signature, n), a);
	return span_of(arena_printf(a, "DKIM-Signature:%.*s\r\n%.*s",
		SPAN_FMT(value), SPAN_FMT(message)));
}

static void each_key_signs_each_message(void **state)
{
	size_t files = sizeof(unsigned_files) / sizeof(unsigned_files[0]);
	size_t keys = sizeof(key_pairs) / sizeof(key_pairs[0]);

	for (size_t i = 0; i < files * keys; i++) {
		const char *file = unsigned_files[i / keys];
		const char *const *pair = key_pairs[i % keys];
		struct zone_key zone[2] = { { "test._domainkey.example.com",
			load_key(*state, pair[1]) } };
		struct err e = { 0 };
		struct sign_key *key = sign_read(load_private(*state, pair[0]),
			pair[0], &e);
		struct dkim_answer answer;
		unsigned rounds;

		if (!key)
			fail_msg("%s: %s", pair[0], e.text);
		answer = zone_check(zone, sign(*state, with_crlf(*state,
				load(*state, file)), key), NOW, *state,
			&rounds);
		if (answer.result != AUTH_PASS)
			fail_msg("%s with %s: %s", file, pair[0],
				auth_result_name(answer.result));
		sign_free(&key);
	}
}

static void without_from_nothing_is_signed(void **state)
{
	struct err e = { 0 };
	struct sign_key *key = sign_read(load(*state, "dkimpy/test.private"),
		"test.private", &e);

	assert_non_null(key);
	assert_int_equal(sign(*state, load(*state,
			"dkimpy/test_nofrom.message"), key).n, 0);
	sign_free(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_vector_has_its_result),
		TEST(bad_keys_are_told_apart),
		TEST(each_key_signs_each_message),
		TEST(without_from_nothing_is_signed),
	};

	if (!suite_unpack(FOLDER, "dkimpy/test.txt")) {
		puts("1..0 # SKIP no corpus: PM_CORPUS names its folder");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
