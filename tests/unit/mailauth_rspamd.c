/*
 * DKIM and ARC: what rspamd's own tests expect of its messages, with the DNS
 * that they have. Of several signatures one at least has the result.
 */
#include "mailauth/arc.h"

#include "corpus_test.h"
#include "dkim_test.h"

#define FOLDER "conf-dev/rspamd"
#define SCRIPT "tests/lib/rspamd_lines.py"

enum { NOW = 1700000000, KEYS_MAX = 400, CASES = 25 };

/* Not met, for a reason. */
static const char *const explained[] = {
	/* the keys were only in the DNS of that day */
	"ARC ALLOW CHECK",
	/* rspamd looks at five signatures, pm at DKIM_SIGNATURES_MAX */
	"DKIM Unparseable Signatures Count Towards Limit",
};

static struct zone_key zone[KEYS_MAX + 1];

static void add_key(struct arena *a, struct span *line, bool later)
{
	size_t n = 0;

	while (zone[n].name)
		n++;
	assert_in_range(n, 0, KEYS_MAX - 1);
	zone[n].name = arena_string(a, corpus_field(a, line));
	zone[n].text = later ? NULL : arena_string(a, corpus_field(a, line));
}

static bool dkim_has(struct arena *a, struct span message, struct span want)
{
	unsigned rounds;
	struct dkim_answer answer = zone_check(zone, message, NOW, a, &rounds);

	if (!answer.n)
		return span_is(want, "none");
	for (size_t i = 0; i < answer.n; i++)
		if (span_is(want, auth_result_name(
				answer.signatures[i].result)))
			return true;
	return false;
}

static bool arc_has(struct arena *a, struct span message, struct span want)
{
	struct arc_answer answer = zone_arc(zone, message, NOW, a);

	return span_is(want, auth_result_name(answer.result));
}

static bool is_explained(struct span test)
{
	for (size_t i = 0; i < sizeof(explained) / sizeof(explained[0]); i++)
		if (span_is(test, explained[i]))
			return true;
	return false;
}

/* TEST FILE WHAT RESULT. */
static bool is_met(struct arena *a, struct span line)
{
	struct span test = corpus_field(a, &line);
	struct span file = corpus_field(a, &line);
	struct span what = corpus_word(&line), want = corpus_word(&line);
	struct span message = corpus_file(a, arena_printf(a, FOLDER "/%.*s",
			SPAN_FMT(file)));
	bool unwanted = span_starts(want, SPAN("not-")), has;

	if (unwanted)
		want = span_after(want, 4);
	has = span_is(what, "arc") ? arc_has(a, message, want) :
		dkim_has(a, message, want);
	if ((has == !unwanted) != is_explained(test))
		return true;
	print_error("%.*s, %.*s: %s%.*s=%.*s %s\n", SPAN_FMT(test),
		SPAN_FMT(file), unwanted ? "not " : "", SPAN_FMT(what),
		SPAN_FMT(want), has == !unwanted ? "is met now" : "is not met");
	return false;
}

static void every_expectation_is_met(void **state)
{
	struct span lines = corpus_lines(*state, SCRIPT, FOLDER "/dns.json");
	struct span line, kind;
	unsigned cases = 0, bad = 0;

	while (span_line(&lines, &line)) {
		kind = corpus_word(&line);
		if (!span_is(kind, "C")) {
			add_key(*state, &line, span_is(kind, "T"));
			continue;
		}
		cases++;
		bad += !is_met(*state, line);
	}
	assert_int_equal(bad, 0);
	assert_int_equal(cases, CASES);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(every_expectation_is_met) };

	if (!corpus_unpack(FOLDER, "expected.tsv")) {
		puts("1..0 # SKIP no corpus: PM_CORPUS names its folder");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
