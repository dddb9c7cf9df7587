/*
 * SPF: every case of the suites of the conformance corpus. RFC 7208's (203,
 * and another copy with 200) are met, and so are the 191 of RFC 4408: none of
 * them has an answer that RFC 7208 changed without the suite saying so.
 */
#include "mailauth/spf.h"

#include "suite_test.h"
#include "zone_test.h"

#define FOLDER "conf-dev/spf"

static const struct suite {
	const char *file;
	unsigned cases;
	const char *const *explained;	/* not met, for a reason */
} suites[] = {
	{ "pyspf/rfc7208-tests.yml", 203, NULL },
	{ "mailauth-copy/rfc7208-tests.yml", 200, NULL },
	{ "pyspf/rfc4408-tests.yml", 191, NULL },
	/* default= was a proposal; RFC 7208 has no modifier of that name */
	{ "pyspf/test.yml", 16, (const char *const []) { "default-modifier",
		"default-modifier-harsh", NULL } },
	/* Sender ID ("spf2.0") is not SPF (RFC 7208 section 4.5) */
	{ "mail-spf-iterator-misc.yml", 9, (const char *const []) {
		"sender-id", "sender-id-pick-mfrom1",
		"sender-id-pick-mfrom2", NULL } },
	/* domains of one label: none, or a syntax error (4.3, 7.1) */
	{ "blitirispf-tests.yml", 21, (const char *const []) {
		"resolution-with-10-lookups", "mx-resolution-10-terms",
		"mx-resolution-11-terms", "one-mx-not-found",
		"all-mx-not-found", "include-not-found",
		"redirect-not-found", NULL } },
};

static bool is_among(struct span results, struct span result)
{
	struct span word;

	while (span_cut(&results, ',', &word))
		if (span_eq(word, result))
			return true;
	return false;
}

/* One case; false: another result than the suite's. */
static bool run_case(struct arena *a, struct span line, struct span *name_r)
{
	struct lookup *l = lookup_new(a, 200);
	struct spf_query q = { .receiver = SPAN("mx.test") };
	struct spf_answer r;
	struct span results, explanation;
	unsigned rounds = 0;

	span_cut(&line, ' ', name_r);
	assert_true(netaddr_parse(suite_field(a, &line), &q.ip));
	q.helo = suite_field(a, &line);
	q.mail_from = suite_field(a, &line);
	span_cut(&line, ' ', &results);
	explanation = suite_field(a, &line);
	do {
		spf_check(l, &q, a, &r);
		zone_answer_all(l, a);
	} while (r.result == AUTH_WAIT && rounds++ < 200);
	if (span_is(explanation, "DEFAULT"))
		explanation.n = 0;
	return is_among(results, span_of(auth_result_name(r.result))) &&
		(r.result != AUTH_FAIL || explanation.n == 0 ||
		span_caseeq(r.explanation, explanation));
}

static bool is_explained(const struct suite *s, struct span name)
{
	for (size_t i = 0; s->explained && s->explained[i]; i++)
		if (span_is(name, s->explained[i]))
			return true;
	return false;
}

static void run_suite(struct arena *a, const struct suite *s)
{
	struct span lines = suite_convert(a, "tests/lib/spf_lines.py",
		arena_printf(a, "build/corpus/" FOLDER "/%s", s->file));
	struct span line, name;
	unsigned cases = 0, bad = 0;

	while (span_line(&lines, &line)) {
		if (zone_take(a, line))
			continue;
		cases++;
		if (run_case(a, span_after(line, 2), &name) !=
		    is_explained(s, name))
			continue;
		print_error("%s: %.*s\n", s->file, SPAN_FMT(name));
		bad++;
	}
	assert_int_equal(bad, 0);
	assert_int_equal(cases, s->cases);
}

static void every_suite_is_met(void **state)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		run_suite(*state, &suites[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(every_suite_is_met) };

	if (!suite_unpack(FOLDER, "pyspf/test.yml")) {
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
