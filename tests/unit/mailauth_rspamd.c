/*
 * What rspamd's functional tests expect of SPF, DKIM, DMARC and ARC, row by
 * row, with its fake DNS: met, or listed here with the reason.
 */
#include "mailauth/arc.h"
#include "mailauth/dmarc.h"

#include "suite_test.h"
#include "zone_test.h"

#define FOLDER "conf-dev/rspamd"

enum { NOW = 1700000000, AUTHORS = 16, CASES = 65 };

/* Rows that we judge otherwise. psl: by the tree walk, and we say so. */
static const struct {
	const char *name;
	bool psl;
} explained[] = {
	/* pct= is history (RFC 9989 A.6): only t=y asks for less */
	{ "DMARC PCT ZERO REJECT 37.48.67.26", false },
	{ "DMARC PCT ZERO SP QUARANTINE 37.48.67.26", false },
	/* the only record is the author's own: that is its organisation, and
	 * what is above it is another's (4.10.2) */
	{ "DMARC SUBDOMAIN PASS DKIM RELAXED ALIGNMENT", true },
	{ "DMARC SUBDOMAIN PASS SPF RELAXED ALIGNMENT 37.48.67.26", true },
	/* an include without a record is permerror (RFC 7208 5.2) */
	{ "SPF FAIL UNRESOLVEABLE INCLUDE 37.48.67.26", false },
	/* five terms find no PTR: each is a void look-up (4.6.4) */
	{ "SPF PTRS 128.66.0.1", false },
	/* no sender is given: theirs is taken from the message */
	{ "SPF EXTERNAL RELAY", false },
	{ "WHITELIST_WL_ONLY - VALID SPF AND VALID DKIM 88.99.142.95", false },
	{ "BLACKLISTS_WL_ONLY - VALID SPF AND INVALID DKIM 88.99.142.95",
		false },
	{ "VALID SPF and NO DKIM 88.99.142.95", false },
	/* theirs looks at five signatures, ours at eight */
	{ "DKIM Unparseable Signatures Count Towards Limit", false },
	/* the keys were only in the DNS of that day */
	{ "ARC ALLOW CHECK", false },
	{ NULL, false }
};

struct found {
	bool spf_checked;
	struct spf_answer spf;
	struct dkim_answer dkim;
	struct dmarc_answer dmarc;
	struct arc_answer arc;
};

/* rspamd's words for what we found. */
static const struct symbol {
	const char *name;
	char what;		/* of s(PF), d(KIM), D(MARC), a(RC) */
	enum auth_result result;
	enum dmarc_policy policy;
} symbols[] = {
	{ "R_SPF_ALLOW", 's', AUTH_PASS, 0 },
	{ "R_SPF_PLUSALL", 's', AUTH_PASS, 0 },
	{ "R_SPF_FAIL", 's', AUTH_FAIL, 0 },
	{ "R_SPF_SOFTFAIL", 's', AUTH_SOFTFAIL, 0 },
	{ "R_SPF_NEUTRAL", 's', AUTH_NEUTRAL, 0 },
	{ "R_SPF_DNSFAIL", 's', AUTH_TEMPERROR, 0 },
	{ "R_SPF_PERMFAIL", 's', AUTH_PERMERROR, 0 },
	{ "R_SPF_NA", 's', AUTH_NONE, 0 },
	{ "R_DKIM_ALLOW", 'd', AUTH_PASS, 0 },
	{ "R_DKIM_REJECT", 'd', AUTH_FAIL, 0 },
	{ "R_DKIM_TEMPFAIL", 'd', AUTH_TEMPERROR, 0 },
	{ "R_DKIM_PERMFAIL", 'd', AUTH_PERMERROR, 0 },
	{ "R_DKIM_NA", 'd', AUTH_NONE, 0 },
	{ "DMARC_POLICY_ALLOW", 'D', AUTH_PASS, 0 },
	{ "DMARC_POLICY_REJECT", 'D', AUTH_FAIL, DMARC_REJECT },
	{ "DMARC_POLICY_QUARANTINE", 'D', AUTH_FAIL, DMARC_QUARANTINE },
	{ "DMARC_POLICY_SOFTFAIL", 'D', AUTH_FAIL, DMARC_NONE },
	{ "DMARC_DNSFAIL", 'D', AUTH_TEMPERROR, 0 },
	{ "DMARC_NA", 'D', AUTH_NONE, 0 },
	{ "ARC_ALLOW", 'a', AUTH_PASS, 0 },
	{ "ARC_INVALID", 'a', AUTH_FAIL, 0 },
};

static bool is_found(const struct symbol *s, const struct found *f)
{
	if (s->what == 's')
		return f->spf_checked && f->spf.result == s->result;
	if (s->what == 'd')
		return f->dkim.result == s->result;
	if (s->what == 'a')
		return f->arc.result == s->result;
	return f->dmarc.result == s->result && (!s->policy ||
		f->dmarc.policy == s->policy);
}

static bool meets(struct span word, const struct found *f)
{
	bool want = word.n > 0 && word.p[0] == '+';

	word = span_after(word, 1);
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		if (span_is(word, symbols[i].name))
			return is_found(&symbols[i], f) == want;
	return false;
}

static struct span load(struct arena *a, struct span file)
{
	return file.p[0] == '/' ? SPAN("") : suite_file(a,
		arena_printf(a, FOLDER "/%.*s", SPAN_FMT(file)));
}

static void judge(const struct spf_query *q, struct span message,
	struct arena *a, struct found *f)
{
	struct lookup *l = lookup_new(a, 256);
	struct address *authors;
	struct header h;
	const struct header *readings[] = { &h };
	unsigned flags;
	size_t n;

	header_parse(message, LIMITS, a, &h);
	n = address_authors(readings, 1, AUTHORS, a, &authors, &flags);
	f->spf_checked = q->ip.n > 0;
	dmarc_ask(l, authors, n, a);
	do {
		if (f->spf_checked)
			spf_check(l, q, a, &f->spf);
		dkim_check(l, message, &h, NOW, a, &f->dkim);
		arc_check(l, message, &h, NOW, a, &f->arc);
		dmarc_check(l, authors, n, f->spf_checked ? &f->spf : NULL,
			&f->dkim, a, &f->dmarc);
		zone_answer_all(l, a);
	} while (f->spf.result == AUTH_WAIT || f->dkim.result == AUTH_WAIT ||
	    f->arc.result == AUTH_WAIT || f->dmarc.result == AUTH_WAIT);
}

static bool is_explained(struct span name, const struct found *f)
{
	for (size_t i = 0; explained[i].name; i++)
		if (span_is(name, explained[i].name))
			return !explained[i].psl ||
				f->dmarc.authors[0].psl_differs;
	return false;
}

/* One row; false: not as it should be. */
static bool run_case(struct arena *a, struct span line)
{
	struct spf_query q = { .receiver = SPAN("mx.test") };
	struct found f = { 0 };
	struct span name = suite_field(a, &line), word;
	struct span message = load(a, suite_field(a, &line));
	bool good = true;

	netaddr_parse(suite_field(a, &line), &q.ip);
	q.helo = suite_field(a, &line);
	q.mail_from = suite_field(a, &line);
	judge(&q, message, a, &f);
	while (span_cut(&line, ',', &word))
		good = good && meets(word, &f);
	if (good != is_explained(name, &f))
		return true;
	print_error("%.*s: SPF %s, DKIM %s (%.*s), DMARC %s %s, ARC %s\n",
		SPAN_FMT(name), auth_result_name(f.spf.result),
		auth_result_name(f.dkim.result), SPAN_FMT(f.dkim.n ?
			f.dkim.signatures[0].problem : SPAN("")),
		auth_result_name(f.dmarc.result),
		dmarc_policy_name(f.dmarc.policy),
		auth_result_name(f.arc.result));
	return false;
}

static void rows_are_met_or_explained(void **state)
{
	struct span lines = suite_convert(*state, "tests/lib/rspamd_lines.py",
		"build/corpus/" FOLDER), line;
	unsigned n = 0, bad = 0;

	while (span_line(&lines, &line)) {
		if (zone_take(*state, line))
			continue;
		bad += !run_case(*state, span_after(line, 2));
		n++;
	}
	assert_int_equal(bad, 0);
	assert_int_equal(n, CASES);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(rows_are_met_or_explained) };

	if (!suite_unpack(FOLDER, "expected.tsv")) {
		puts("1..0 # SKIP no corpus: PM_CORPUS names its folder");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
