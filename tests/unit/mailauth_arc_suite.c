/*
 * ARC: every case of ValiMail's suite, to validate and to seal.
 */
#include "mailauth/arc.h"

#include "suite_test.h"
#include "crypto/sign.h"
#include "mailauth/arc_seal.h"
#include "mailauth/dkim_sign.h"

#include "dkim_test.h"

#define FOLDER "conf-dev/arc/valimail"
#define TESTS "build/corpus/" FOLDER "/tests/arc-draft-"
#define SCRIPT "tests/lib/arc_lines.py"

enum { NOW = 1600000000, KEYS_MAX = 8, VALIDATED = 171, SEALED = 17,
	CLOSED = 1 };

static struct zone_key zone[KEYS_MAX + 1];

static void add_key(struct arena *a, struct span *line)
{
	size_t n = 0;

	while (zone[n].name)
		n++;
	assert_in_range(n, 0, KEYS_MAX - 1);
	zone[n].name = arena_string(a, suite_field(a, line));
	zone[n].text = arena_string(a, suite_field(a, line));
}

/*
 * Three cases have no result in the suite: a seal that says cv=fail. Drafts
 * left open what then comes out; RFC 8617 section 5.2 step 2 says fail.
 */
static bool is_met(struct span want, enum auth_result result)
{
	return span_is(want, span_is(want, "-") ? "-" :
			auth_result_name(result)) &&
		(!span_is(want, "-") || result == AUTH_FAIL);
}

static void every_chain_has_its_result(void **state)
{
	struct span lines = suite_convert(*state, SCRIPT, TESTS
		"validation-tests.yml"), line, kind;
	unsigned cases = 0, bad = 0;

	while (span_line(&lines, &line)) {
		struct span name, want;
		struct arc_answer answer;

		kind = suite_word(&line);
		if (span_is(kind, "Z")) {
			memset(zone, 0, sizeof(zone));
			continue;
		}
		if (span_is(kind, "R")) {
			add_key(*state, &line);
			continue;
		}
		name = suite_word(&line);
		want = suite_word(&line);
		answer = zone_arc(zone, suite_field(*state, &line), NOW,
			*state);
		cases++;
		if (is_met(want, answer.result))
			continue;
		print_error("%.*s: %.*s wanted, %s: %.*s\n", SPAN_FMT(name),
			SPAN_FMT(want), auth_result_name(answer.result),
			SPAN_FMT(answer.problem));
		bad++;
	}
	assert_int_equal(bad, 0);
	assert_int_equal(cases, VALIDATED);
}

/* Authentication-Results of that server, together (section 4.1.1). */
static struct span merged(struct arena *a, const struct header *h,
	struct span server)
{
	struct buf b = { .arena = a };

	buf_span(&b, server);
	for (size_t i = 0; i < h->n; i++) {
		struct span rest = header_unfold(h->fields[i].value, a), id;

		if (!span_caseeq(h->fields[i].name,
			    SPAN("Authentication-Results")) ||
		    !span_cut(&rest, ';', &id) ||
		    !span_eq(span_trim(id), server))
			continue;
		buf_string(&b, "; ");
		buf_span(&b, span_trim(rest));
	}
	return buf_bytes(&b);
}

static struct span sign(struct arena *a, struct sign_key *key,
	const unsigned char hash[HASH_SHA256_SIZE])
{
	unsigned char *signature = arena_alloc(a, SIGN_MOST);
	struct err e = { 0 };
	size_t n;

	assert_int_equal(sign_hash(key, hash, signature, &n, &e), 0);
	return span_from(signature, n);
}

/* False: nothing is added. */
static bool seal(struct arena *a, const struct arc_sealing *s,
	struct span message, const struct header *h, struct sign_key *key,
	struct arc_seal *seal_r)
{
	unsigned char hash[HASH_SHA256_SIZE];

	dkim_sign_body(span_after(message, h->size), a, hash);
	if (!arc_seal_prepare(s, h, hash, a, seal_r, hash))
		return false;
	arc_seal_next(seal_r, sign(a, key, hash), hash);
	arc_seal_join(seal_r, sign(a, key, hash));
	return true;
}

/* Blanks count nowhere in it: folds are the writer's. */
static bool same_text(struct arena *a, struct span got, struct span want)
{
	struct buf b[2] = { { .arena = a }, { .arena = a } };

	for (size_t i = 0; i < got.n; i++)
		if (!strchr(" \t\r\n", got.p[i]))
			buf_byte(&b[0], got.p[i]);
	for (size_t i = 0; i < want.n; i++)
		if (!strchr(" \t\r\n", want.p[i]))
			buf_byte(&b[1], want.p[i]);
	return span_eq(buf_bytes(&b[0]), buf_bytes(&b[1]));
}

/* The chain with its new set passes, or is closed by it. */
static void expect_valid(struct arena *a, const struct arc_seal *s,
	struct span message)
{
	struct arc_answer answer = zone_arc(zone, span_of(arena_printf(a,
		"ARC-Seal:%.*s\r\nARC-Message-Signature:%.*s\r\n"
		"ARC-Authentication-Results:%.*s\r\n%.*s",
		SPAN_FMT(s->seal), SPAN_FMT(s->message), SPAN_FMT(s->results),
		SPAN_FMT(message))), NOW, a);
	bool failed = s->sealing->chain->result == AUTH_FAIL;

	expect_span(answer.problem, failed ? "the newest seal says cv=fail" :
		"");
	assert_int_equal(answer.result, failed ? AUTH_FAIL : AUTH_PASS);
	assert_int_equal(answer.closed, failed);
	assert_int_equal(answer.highest, s->sealing->chain->highest + 1);
}

/* False: other fields than the suite's. */
static bool run_sealing(struct arena *a, struct span line, unsigned *closed)
{
	struct arc_sealing s = { 0 };
	struct err e = { 0 };
	struct sign_key *key;
	struct arc_answer answer;
	struct span message, server;
	struct arc_seal set = { 0 };
	struct header h;
	bool same;

	s.domain = suite_field(a, &line);
	s.selector = suite_field(a, &line);
	key = sign_read(suite_field(a, &line), "key", &e);
	assert_non_null(key);
	assert_true(span_u64(suite_field(a, &line), UINT64_MAX, &s.now));
	s.names = suite_field(a, &line);
	server = suite_field(a, &line);
	message = suite_field(a, &line);
	header_parse(message, LIMITS, a, &h);
	s.results = merged(a, &h, server);
	answer = zone_arc(zone, message, NOW, a);
	s.chain = &answer;
	if (seal(a, &s, message, &h, key, &set))
		expect_valid(a, &set, message);
	else
		++*closed;
	sign_free(&key);
	same = same_text(a, set.seal, suite_field(a, &line));
	same = same_text(a, set.message, suite_field(a, &line)) && same;
	return same_text(a, set.results, suite_field(a, &line)) && same;
}

static void every_set_is_sealed_as_given(void **state)
{
	struct span lines = suite_convert(*state, SCRIPT, TESTS
		"sign-tests.yml"), line, kind;
	unsigned cases = 0, bad = 0, closed = 0;

	while (span_line(&lines, &line)) {
		struct span name;

		kind = suite_word(&line);
		if (span_is(kind, "Z"))
			memset(zone, 0, sizeof(zone));
		if (span_is(kind, "R"))
			add_key(*state, &line);
		if (!span_is(kind, "S"))
			continue;
		cases++;
		name = suite_word(&line);
		if (run_sealing(*state, line, &closed))
			continue;
		print_error("%.*s: not as given\n", SPAN_FMT(name));
		bad++;
	}
	assert_int_equal(bad, 0);
	assert_int_equal(cases, SEALED);
	assert_int_equal(closed, CLOSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_chain_has_its_result),
		TEST(every_set_is_sealed_as_given),
	};

	if (!suite_unpack(FOLDER, "LICENSE.txt")) {
		puts("1..0 # SKIP no corpus: PM_CORPUS names its folder");
		return 0;
	}
	if (access(PYTHON_YAML, R_OK) != 0) {
		puts("1..0 # SKIP no python3-yaml: see tests/deps.sh");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
