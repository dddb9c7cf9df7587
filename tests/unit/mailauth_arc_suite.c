/*
 * ARC: every case of ValiMail's suite, those that validate here.
 */
#include "mailauth/arc.h"

#include "corpus_test.h"
#include "dkim_test.h"

#define FOLDER "conf-dev/arc/valimail"
#define SCRIPT "tests/lib/arc_lines.py"

enum { NOW = 1600000000, KEYS_MAX = 8, CASES = 171 };

static struct zone_key zone[KEYS_MAX + 1];

static void add_key(struct arena *a, struct span *line)
{
	size_t n = 0;

	while (zone[n].name)
		n++;
	assert_in_range(n, 0, KEYS_MAX - 1);
	zone[n].name = arena_string(a, corpus_field(a, line));
	zone[n].text = arena_string(a, corpus_field(a, line));
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
	struct span lines = corpus_lines(*state, SCRIPT, FOLDER
		"/tests/arc-draft-validation-tests.yml"), line, kind;
	unsigned cases = 0, bad = 0;

	while (span_line(&lines, &line)) {
		struct span name, want;
		struct arc_answer answer;

		kind = corpus_word(&line);
		if (span_is(kind, "Z")) {
			memset(zone, 0, sizeof(zone));
			continue;
		}
		if (span_is(kind, "R")) {
			add_key(*state, &line);
			continue;
		}
		name = corpus_word(&line);
		want = corpus_word(&line);
		answer = zone_arc(zone, corpus_field(*state, &line), NOW,
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
	assert_int_equal(cases, CASES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_chain_has_its_result),
	};

	if (!corpus_unpack(FOLDER, "LICENSE.txt")) {
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
