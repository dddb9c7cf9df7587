#include "engine/rules_run.h"

#include <string.h>

#include "mail/casefold.h"
#include "engine/phishing.h"

enum { EVIDENCE_MAX = 80 };

/* A message under the rules. */
struct run {
	const struct rules *r;
	struct facts *f;
	bool *fits;		/* of each rule */
	uint32_t *counts;	/* patterns that fit */
	struct span *evidence;
	/* Where it is being looked. */
	const struct rule_set *set;
	enum rule_in in;
	bool *seen;		/* of each pattern of the set, there */
	struct span text, field;
};

/* What stands before the end of a fit, whole characters. */
static struct span seen_text(struct span text, size_t end)
{
	size_t from = end > EVIDENCE_MAX ? end - EVIDENCE_MAX : 0;

	while (from < end && from > 0 && (text.p[from] & 0xc0) == 0x80)
		from++;
	return span_trim(span_sub(text, from, end - from));
}

static void on_fit(void *self, uint32_t id, size_t end)
{
	struct run *run = self;
	uint32_t at = run->set->owner[run->in][id];
	const struct live_rule *l = &run->r->live[at];

	/* One that a later record replaced has no say. */
	if (l->set != run->set || l->rule->kind != RULE_PATTERNS ||
	    l->rule->in != run->in || id < l->first ||
	    id - l->first >= l->rule->npatterns || run->seen[id])
		return;
	if (run->in == RULE_HEADER &&
	    !span_caseeq(l->rule->header, run->field))
		return;
	run->seen[id] = true;
	run->counts[at]++;
	if (run->evidence[at].n == 0)
		run->evidence[at] = seen_text(run->text, end);
}

static void look(struct run *run, struct span text)
{
	run->text = text;
	patterns_scan(run->set->patterns[run->in], text, on_fit, run);
}

/* --- the texts ----------------------------------------------------------- */

static void look_at_subject(struct run *run)
{
	look(run, casefold(run->f->subject, run->f->arena));
}

static void look_at_body(struct run *run)
{
	look(run, facts_body_folded(run->f));
}

static void look_at_text(struct run *run)
{
	look_at_subject(run);
	look_at_body(run);
}

static void look_at_fields(struct run *run)
{
	const struct header *h = &run->f->mime.root->header;

	for (size_t i = 0; i < h->n; i++) {
		run->field = h->fields[i].name;
		look(run, header_decode(h->fields[i].value, run->f->arena));
	}
}

static void look_at_urls(struct run *run)
{
	const struct url_set *urls = facts_urls(run->f);

	for (size_t i = 0; i < urls->n; i++)
		look(run, urls->v[i].url);
}

static void look_at_names(struct run *run)
{
	struct span names = facts_names(run->f), name;

	while (span_line(&names, &name))
		look(run, casefold(name, run->f->arena));
}

static void look_at_raw(struct run *run)
{
	look(run, span_sub(run->f->raw, 0, RULES_RAW_MAX));
}

static void look_at_all(struct run *run)
{
	static void (*const ways[])(struct run *) = {
		[RULE_SUBJECT] = look_at_subject, [RULE_BODY] = look_at_body,
		[RULE_TEXT] = look_at_text, [RULE_HEADER] = look_at_fields,
		[RULE_URL] = look_at_urls, [RULE_FILE] = look_at_names,
		[RULE_RAW] = look_at_raw,
	};

	for (size_t s = 0; s < run->r->nsets; s++) {
		run->set = &run->r->sets[s];
		for (size_t i = 0; i < RULE_IN_N; i++) {
			if (run->set->patterns[i] == NULL)
				continue;
			run->in = (enum rule_in)i;
			run->seen = arena_array(run->f->arena,
				run->set->rules.in[i].n, sizeof(*run->seen));
			ways[i](run);
		}
	}
}

/* --- what follows -------------------------------------------------------- */

static bool meta_fits(const struct run *run, const struct live_rule *l)
{
	const struct rule *rule = l->rule;
	uint32_t i = 0, any = 0;

	for (; i < rule->nall; i++)
		if (!run->fits[l->needs[i]])
			return false;
	for (; i < rule->nall + rule->nany; i++)
		any += run->fits[l->needs[i]];
	if (rule->nany && any < rule->least)
		return false;
	for (; i < rule->nall + rule->nany + rule->nnone; i++)
		if (run->fits[l->needs[i]])
			return false;
	return true;
}

/* The rules that it stands on. */
static struct span meta_evidence(const struct run *run,
	const struct live_rule *l)
{
	struct buf b = { .arena = run->f->arena };

	for (uint32_t i = 0; i < l->rule->nall + l->rule->nany; i++) {
		const struct span name = l->rule->names[i];

		if (!run->fits[l->needs[i]])
			continue;
		if (b.n)
			buf_string(&b, ", ");
		buf_span(&b, span_starts(name, SPAN("__")) ?
			span_after(name, 2) : name);
	}
	return buf_bytes(&b);
}

/* A fact that a check stated; with a weight of the rule's if it has one. */
static bool fact_fits(struct run *run, const struct rule *rule)
{
	bool found = false;

	for (size_t i = 0; i < run->f->nhits; i++) {
		struct hit *hit = &run->f->hits[i];

		if (!span_eq(hit->name, rule->name))
			continue;
		/* Stated twice, it counts once. */
		if (rule->weighed) {
			run->f->score += (found ? 0 : rule->weight) -
				hit->weight;
			hit->weight = found ? 0 : rule->weight;
		}
		found = true;
	}
	return found;
}

static void decide(struct run *run, size_t at)
{
	const struct live_rule *l = &run->r->live[at];
	const struct rule *rule = l->rule;

	if (rule->kind == RULE_FACT) {
		run->fits[at] = fact_fits(run, rule);
	} else if (rule->kind == RULE_META) {
		run->fits[at] = meta_fits(run, l);
		if (run->fits[at] && rule->weighed)
			run->evidence[at] = meta_evidence(run, l);
	} else {
		run->fits[at] = run->counts[at] >= rule->least;
	}
	if (!run->fits[at])
		return;
	if (run->f->class.n == 0)
		run->f->class = rule->class;
	if (rule->weighed && rule->kind != RULE_FACT)
		facts_hit(run->f, arena_string(run->f->arena, rule->name),
			rule->weight, run->evidence[at]);
}

static const char *cap_name(const struct rule_group *g, struct arena *a)
{
	char *name = arena_printf(a, "CAP_%.*s", SPAN_FMT(g->name));

	for (char *c = name; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') :
			*c == ' ' || *c == '-' ? '_' : *c;
	return name;
}

/* What counts for a group, whoever stated it, is cut to its cap. */
static void cap_groups(struct run *run)
{
	struct facts *f = run->f;
	int64_t *sums = arena_array(f->arena, run->r->ngroups, sizeof(*sums));

	for (size_t i = 0; i < f->nhits; i++) {
		uint32_t at = rules_find(run->r, f->hits[i].name);

		if (at != UINT32_MAX)
			sums[run->r->live[at].group] += f->hits[i].weight;
	}
	for (size_t i = 0; i < run->r->ngroups; i++) {
		const struct rule_group *g = &run->r->groups[i];

		if (g->cap == 0 || sums[i] <= g->cap)
			continue;
		facts_hit(f, cap_name(g, f->arena),
			(int32_t)(g->cap - sums[i]), span_of(arena_printf(
			f->arena, "%.*s counts %.1f at most",
			SPAN_FMT(g->name), g->cap / 1000.0)));
	}
}

void rules_run(const struct rules *r, struct facts *f)
{
	struct run run = { .r = r, .f = f };

	run.fits = arena_array(f->arena, r->n, sizeof(*run.fits));
	run.counts = arena_array(f->arena, r->n, sizeof(*run.counts));
	run.evidence = arena_array(f->arena, r->n, sizeof(*run.evidence));
	phishing_look(f, r->brands, r->nbrands);
	look_at_all(&run);
	for (size_t i = 0; i < r->n; i++)
		decide(&run, i);
	cap_groups(&run);
}
