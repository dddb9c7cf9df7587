/*
 * What follows from all policies and rules together: who is never asked.
 */
#include "check.h"

static void tell_twice(const struct seen *s, size_t i, struct findings *f)
{
	const struct seen_rule *r = &s->rules[i];

	for (size_t k = 0; k < i; k++)
		if (s->rules[k].policy == r->policy && r->policy >= 0 &&
		    span_eq(s->rules[k].name, r->name) &&
		    !span_is(r->name, "?")) {
			findings_add(f, false, r->file, r->line, "another rule "
				"of this policy is called \"%.*s\", too "
				"(%.*s:%u)", SPAN_FMT(r->name),
				SPAN_FMT(s->rules[k].file), s->rules[k].line);
			return;
		}
}

/* Is every mail that b is asked about ended by a? */
static bool shuts_out(const struct seen *s, const struct seen_rule *a,
	const struct seen_rule *b)
{
	if (!a->ends || a->stage != b->stage || a->policy < 0 || b->policy < 0)
		return false;
	if (a->policy == b->policy)
		return a < b;
	return a->policy < b->policy && s->policies[a->policy].always;
}

static void tell_shut_out(const struct seen *s, const struct seen_rule *r,
	struct findings *f)
{
	for (size_t k = 0; k < s->nrules; k++) {
		const struct seen_rule *by = &s->rules[k];

		if (!shuts_out(s, by, r))
			continue;
		findings_add(f, true, r->file, r->line, "rule \"%.*s\" is "
			"never asked: rule \"%.*s\" before it (%.*s:%u) ends "
			"whatever comes", SPAN_FMT(r->name),
			SPAN_FMT(by->name), SPAN_FMT(by->file), by->line);
		return;
	}
}

static void tell_zone(const struct seen *s, const struct seen_name *z,
	struct findings *f)
{
	for (size_t i = 0; i < s->ndeclared; i++)
		if (span_caseeq(s->declared[i].name, z->name))
			return;
	findings_add(f, false, z->file, z->line, "the DNS list \"%.*s\" is not "
		"declared: write dns_lists(\"%.*s\") at the top of a file",
		SPAN_FMT(z->name), SPAN_FMT(z->name));
}

void check_order(const struct seen *s, struct findings *f)
{
	for (size_t i = 0; i < s->npolicies; i++)
		if (s->policies[i].never)
			findings_add(f, true, s->policies[i].file,
				s->policies[i].line, "policy \"%.*s\": its "
				"guard never says yes, so none of its rules "
				"is asked", SPAN_FMT(s->policies[i].name));
	for (size_t i = 0; i < s->nrules; i++) {
		tell_twice(s, i, f);
		tell_shut_out(s, &s->rules[i], f);
	}
	for (size_t i = 0; i < s->nasked; i++)
		tell_zone(s, &s->asked[i], f);
}
