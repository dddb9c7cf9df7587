#include "engine/rules_run.h"

#include <stdlib.h>

enum { ARENA_MAX = 64 << 20 };

static int by_name(const void *a, const void *b, void *rules)
{
	const struct rules *r = rules;

	return span_cmp(r->live[*(const uint32_t *)a].rule->name,
		r->live[*(const uint32_t *)b].rule->name);
}

static void sort_names(struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->by_name[i] = (uint32_t)i;
	qsort_r(r->by_name, r->n, sizeof(*r->by_name), by_name, r);
}

uint32_t rules_find(const struct rules *r, struct span name)
{
	size_t from = 0, to = r->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		uint32_t i = r->by_name[mid];
		int order = span_cmp(r->live[i].rule->name, name);

		if (order == 0)
			return i;
		if (order < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return UINT32_MAX;
}

/* While rules are added their names are not sorted yet. */
static uint32_t find_slowly(const struct rules *r, struct span name)
{
	for (size_t i = 0; i < r->n; i++)
		if (span_eq(r->live[i].rule->name, name))
			return (uint32_t)i;
	return UINT32_MAX;
}

/* One group of a name, whatever file speaks of it; the last cap counts. */
static uint32_t add_group(struct rules *r, const struct rule_group *g)
{
	size_t i = 0;

	while (i < r->ngroups && !span_eq(r->groups[i].name, g->name))
		i++;
	if (i == r->ngroups)
		r->groups[r->ngroups++] = *g;
	else if (g->cap)
		r->groups[i].cap = g->cap;
	return (uint32_t)i;
}

static int reweigh(struct rules *r, uint32_t at, const struct rule *rule,
	struct err *e)
{
	struct rule *copy;

	if (at == UINT32_MAX)
		return err_set(e, ERR_PERMANENT, "rule %.*s: there is none "
			"to give another weight to", SPAN_FMT(rule->name));
	copy = arena_alloc(r->arena, sizeof(*copy));
	*copy = *r->live[at].rule;
	copy->weighed = true;
	copy->weight = rule->weight;
	r->live[at].rule = copy;
	return 0;
}

/* Those before it only: so one look at each, in order, is enough. */
static int resolve(struct rules *r, uint32_t at, struct err *e)
{
	struct live_rule *l = &r->live[at];
	uint32_t n = l->rule->nall + l->rule->nany + l->rule->nnone;

	l->needs = arena_array(r->arena, n, sizeof(*l->needs));
	for (uint32_t i = 0; i < n; i++) {
		l->needs[i] = find_slowly(r, l->rule->names[i]);
		if (l->needs[i] < at)
			continue;
		return err_set(e, ERR_PERMANENT, "rule %.*s: there is no rule "
			"%.*s before it", SPAN_FMT(l->rule->name),
			SPAN_FMT(l->rule->names[i]));
	}
	return 0;
}

static int add_rule(struct rules *r, struct rule_set *s,
	const struct rule *rule, uint32_t group, uint32_t *next, struct err *e)
{
	uint32_t at = find_slowly(r, rule->name);
	struct live_rule *l;

	if (rule->kind == RULE_WEIGHT)
		return reweigh(r, at, rule, e);
	if (at == UINT32_MAX) {
		if (r->n == RULES_MAX)
			return err_set(e, ERR_PERMANENT, "there are more than "
				"%d rules", RULES_MAX);
		at = (uint32_t)r->n++;
	}
	l = &r->live[at];
	*l = (struct live_rule){ .rule = rule, .group = group, .set = s };
	if (rule->kind == RULE_META)
		return resolve(r, at, e);
	if (rule->kind != RULE_PATTERNS)
		return 0;
	l->first = next[rule->in];
	for (uint32_t i = 0; i < rule->npatterns; i++)
		s->owner[rule->in][next[rule->in]++] = at;
	return 0;
}

static int compile_again(struct rules *r, struct rule_patterns *p,
	struct patterns **patterns_r, struct err *e)
{
	struct buf b = { .arena = r->arena };
	size_t bad;

	if (patterns_compile(p->v, p->n, &b, &bad, e) < 0)
		return -1;
	*patterns_r = patterns_open(buf_bytes(&b), e);
	return *patterns_r ? 0 : -1;
}

static int open_patterns(struct rules *r, struct rule_set *s,
	const struct span *compiled, struct err *e)
{
	for (size_t i = 0; i < RULE_IN_N; i++) {
		struct rule_patterns *p = &s->rules.in[i];

		s->owner[i] = arena_array(r->arena, p->n,
			sizeof(*s->owner[i]));
		if (p->n == 0)
			continue;
		s->patterns[i] = patterns_open(compiled[i], e);
		if (s->patterns[i] == NULL &&
		    compile_again(r, p, &s->patterns[i], e) < 0)
			return -1;
	}
	return 0;
}

static int add_record(struct rules *r, struct span record, struct err *e)
{
	struct rule_set *s = &r->sets[r->nsets++];
	struct span compiled[RULE_IN_N];
	uint32_t groups[RULES_GROUPS_MAX], next[RULE_IN_N] = { 0 };

	if (rules_get(record, r->arena, &s->rules, compiled, e) < 0)
		return -1;
	if (s->rules.ngroups > RULES_GROUPS_MAX ||
	    r->ngroups + s->rules.ngroups > RULES_GROUPS_MAX)
		return err_set(e, ERR_PERMANENT, "there are more than %d "
			"groups of rules", RULES_GROUPS_MAX);
	if (r->nbrands + s->rules.nbrands > RULES_BRANDS_MAX)
		return err_set(e, ERR_PERMANENT, "there are more than %d "
			"brands", RULES_BRANDS_MAX);
	if (open_patterns(r, s, compiled, e) < 0)
		return -1;
	for (size_t i = 0; i < s->rules.nbrands; i++)
		r->brands[r->nbrands++] = s->rules.brands[i];
	for (size_t i = 0; i < s->rules.ngroups; i++)
		groups[i] = add_group(r, &s->rules.groups[i]);
	for (size_t i = 0; i < s->rules.nrules; i++)
		if (add_rule(r, s, &s->rules.rules[i],
				groups[s->rules.rules[i].group], next, e) < 0)
			return -1;
	return 0;
}

struct rules *rules_open(const struct span *records, size_t n, struct err *e)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		err_set(e, ERR_TEMPORARY, "no memory for rules");
		return NULL;
	}
	r->arena = arena_new("rules", ARENA_MAX);
	r->live = arena_array(r->arena, RULES_MAX, sizeof(*r->live));
	r->by_name = arena_array(r->arena, RULES_MAX, sizeof(*r->by_name));
	r->groups = arena_array(r->arena, RULES_GROUPS_MAX,
		sizeof(*r->groups));
	r->brands = arena_array(r->arena, RULES_BRANDS_MAX,
		sizeof(*r->brands));
	r->sets = arena_array(r->arena, n, sizeof(*r->sets));
	for (size_t i = 0; i < n; i++) {
		if (records[i].n == 0 || add_record(r, records[i], e) == 0)
			continue;
		rules_free(&r);
		return NULL;
	}
	sort_names(r);
	return r;
}

void rules_free(struct rules **r)
{
	if (*r == NULL)
		return;
	for (size_t i = 0; i < (*r)->nsets; i++)
		for (size_t k = 0; k < RULE_IN_N; k++)
			patterns_free(&(*r)->sets[i].patterns[k]);
	arena_free(&(*r)->arena);
	free(*r);
	*r = NULL;
}

size_t rules_count(const struct rules *r)
{
	return r->n;
}

bool rules_at(const struct rules *r, size_t i, const struct rule **rule_r,
	const struct rule_group **group_r)
{
	if (i >= r->n)
		return false;
	*rule_r = r->live[i].rule;
	*group_r = &r->groups[r->live[i].group];
	return true;
}
