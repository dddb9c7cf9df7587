/*
 * DKIM: every signed message of the conformance corpus whose key is known,
 * case by case, as given, with CRLF, and with one byte of its body changed.
 */
#include "mailauth/dkim.h"

#include "corpus_test.h"
#include "dkim_test.h"

#define FOLDER "conf-dev/dkim"

enum { NOW = 1600000000 };

#define FOOTBALL "test._domainkey.football.example.com"
#define BRISBANE "brisbane._domainkey.football.example.com"
#define GMAIL "20120113._domainkey.gmail.com"

static const struct {
	const char *file, *name, *key, *name2, *key2;
	size_t n;
	enum auth_result result;
	unsigned flags;
} vectors[] = {
	{ "dkimpy/rfc6376.signed.msg", FOOTBALL, "dkimpy/test.txt",
		BRISBANE, "=k=ed25519; "
		"p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
		2, AUTH_PASS, DKIM_OVERSIGNED },
	{ "mailauth-rfc8463/signed.eml", FOOTBALL, "dkimpy/test.txt",
		BRISBANE, "=k=ed25519; "
		"p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
		2, AUTH_PASS, DKIM_OVERSIGNED },
	{ "mimekit/rfc8463-example.msg", FOOTBALL, "dkimpy/test.txt",
		BRISBANE, "=k=ed25519; "
		"p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
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
	return corpus_file(a, arena_printf(a, FOLDER "/%s", file));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_vector_has_its_result),
		TEST(bad_keys_are_told_apart),
	};

	if (!corpus_unpack(FOLDER, "dkimpy/test.txt")) {
		puts("1..0 # SKIP no corpus: PM_CORPUS names its folder");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
