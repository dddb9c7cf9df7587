#include "engine/rules.h"

#include "base/wire.h"

enum { MAGIC = 0x32727570 };

static void put_rule(struct buf *b, const struct rule *r)
{
	uint32_t names = r->nall + r->nany + r->nnone;

	wire_put_span(b, r->name);
	wire_put_span(b, r->about);
	wire_put_span(b, r->class);
	wire_put_u32(b, r->group);
	wire_put_u8(b, (uint8_t)r->kind);
	wire_put_u8(b, r->weighed);
	wire_put_u32(b, (uint32_t)r->weight);
	wire_put_u8(b, (uint8_t)r->in);
	wire_put_span(b, r->header);
	wire_put_u32(b, r->npatterns);
	wire_put_u32(b, r->least);
	wire_put_u32(b, r->nall);
	wire_put_u32(b, r->nany);
	wire_put_u32(b, r->nnone);
	wire_put_u32(b, names);
	for (uint32_t i = 0; i < names; i++)
		wire_put_span(b, r->names[i]);
}

static void put_brands(struct buf *b, const struct ruleset *r)
{
	wire_put_u32(b, (uint32_t)r->nbrands);
	for (size_t i = 0; i < r->nbrands; i++) {
		const struct rule_brand *brand = &r->brands[i];

		wire_put_span(b, brand->shown);
		wire_put_span(b, brand->name);
		wire_put_span(b, brand->like);
		wire_put_u32(b, (uint32_t)brand->ndomains);
		for (size_t d = 0; d < brand->ndomains; d++) {
			wire_put_span(b, brand->domains[d]);
			wire_put_span(b, brand->labels[d]);
			wire_put_span(b, brand->likes[d]);
		}
	}
}

/* Whose pattern it is, for a message. */
static const struct rule *owner_of(const struct ruleset *r, enum rule_in in,
	size_t id)
{
	for (size_t i = 0; i < r->nrules; i++) {
		const struct rule *rule = &r->rules[i];

		if (rule->kind != RULE_PATTERNS || rule->in != in)
			continue;
		if (id < rule->npatterns)
			return rule;
		id -= rule->npatterns;
	}
	return NULL;
}

/* The sources too: another library compiles them again. */
static int put_patterns(const struct ruleset *r, enum rule_in in,
	struct buf *b, struct err *e)
{
	const struct rule_patterns *p = &r->in[in];
	const struct rule *owner;
	struct buf compiled = { 0 };
	size_t bad = 0;
	struct err why;

	wire_put_u32(b, (uint32_t)p->n);
	for (size_t i = 0; i < p->n; i++) {
		wire_put_u8(b, (uint8_t)p->v[i].flags);
		wire_put_span(b, p->v[i].text);
	}
	if (p->n && patterns_compile(p->v, p->n, &compiled, &bad, &why) < 0) {
		owner = owner_of(r, in, bad);
		buf_free(&compiled);
		if (owner == NULL)
			return err_set(e, why.class, "%s", why.text);
		return err_set(e, why.class, "rule %.*s: %.*s: %s",
			SPAN_FMT(owner->name), SPAN_FMT(p->v[bad].text),
			why.text);
	}
	wire_put_span(b, buf_bytes(&compiled));
	buf_free(&compiled);
	return 0;
}

int rules_put(const struct ruleset *r, struct buf *b, struct err *e)
{
	wire_put_u32(b, MAGIC);
	wire_put_u32(b, (uint32_t)r->ngroups);
	for (size_t i = 0; i < r->ngroups; i++) {
		wire_put_span(b, r->groups[i].name);
		wire_put_span(b, r->groups[i].about);
		wire_put_u32(b, (uint32_t)r->groups[i].cap);
	}
	wire_put_u32(b, (uint32_t)r->nrules);
	for (size_t i = 0; i < r->nrules; i++)
		put_rule(b, &r->rules[i]);
	put_brands(b, r);
	for (size_t i = 0; i < RULE_IN_N; i++)
		if (put_patterns(r, (enum rule_in)i, b, e) < 0)
			return -1;
	return 0;
}

static void get_groups(struct wire *w, struct arena *a, struct ruleset *r)
{
	r->ngroups = wire_count(w, 12);
	r->groups = arena_array(a, r->ngroups, sizeof(*r->groups));
	for (size_t i = 0; i < r->ngroups; i++) {
		r->groups[i].name = wire_span(w);
		r->groups[i].about = wire_span(w);
		r->groups[i].cap = (int32_t)wire_u32(w);
	}
}

static void get_rule(struct wire *w, struct arena *a,
	const struct ruleset *set, struct rule *r)
{
	uint32_t names;

	r->name = wire_span(w);
	r->about = wire_span(w);
	r->class = wire_span(w);
	r->group = wire_u32(w);
	r->kind = (enum rule_kind)wire_u8(w);
	r->weighed = wire_u8(w);
	r->weight = (int32_t)wire_u32(w);
	r->in = (enum rule_in)wire_u8(w);
	r->header = wire_span(w);
	r->npatterns = wire_u32(w);
	r->least = wire_u32(w);
	r->nall = wire_u32(w);
	r->nany = wire_u32(w);
	r->nnone = wire_u32(w);
	names = wire_count(w, 4);
	r->names = arena_array(a, names, sizeof(*r->names));
	for (uint32_t i = 0; i < names; i++)
		r->names[i] = wire_span(w);
	w->bad |= r->group >= set->ngroups || r->kind > RULE_WEIGHT ||
		r->in >= RULE_IN_N ||
		(uint64_t)r->nall + r->nany + r->nnone != names;
}

static void get_domains(struct wire *w, struct arena *a,
	struct rule_brand *b)
{
	size_t n = wire_count(w, 12);

	b->ndomains = n;
	b->domains = arena_array(a, n, sizeof(*b->domains));
	b->labels = arena_array(a, n, sizeof(*b->labels));
	b->likes = arena_array(a, n, sizeof(*b->likes));
	for (size_t i = 0; i < n; i++) {
		b->domains[i] = wire_span(w);
		b->labels[i] = wire_span(w);
		b->likes[i] = wire_span(w);
	}
}

static void get_brands(struct wire *w, struct arena *a, struct ruleset *r)
{
	r->nbrands = wire_count(w, 16);
	r->brands = arena_array(a, r->nbrands, sizeof(*r->brands));
	for (size_t i = 0; i < r->nbrands; i++) {
		struct rule_brand *brand = &r->brands[i];

		brand->shown = wire_span(w);
		brand->name = wire_span(w);
		brand->like = wire_span(w);
		get_domains(w, a, brand);
	}
}

static void get_patterns(struct wire *w, struct arena *a,
	struct rule_patterns *p, struct span *compiled_r)
{
	p->n = wire_count(w, 5);
	p->v = arena_array(a, p->n, sizeof(*p->v));
	for (size_t i = 0; i < p->n; i++) {
		p->v[i].flags = wire_u8(w);
		p->v[i].text = wire_span(w);
	}
	*compiled_r = wire_span(w);
}

/* Every pattern belongs to one rule. */
static bool adds_up(const struct ruleset *r)
{
	size_t n[RULE_IN_N] = { 0 };

	for (size_t i = 0; i < r->nrules; i++)
		if (r->rules[i].kind == RULE_PATTERNS)
			n[r->rules[i].in] += r->rules[i].npatterns;
	for (size_t i = 0; i < RULE_IN_N; i++)
		if (n[i] != r->in[i].n)
			return false;
	return true;
}

int rules_get(struct span record, struct arena *a, struct ruleset *r,
	struct span *compiled_r, struct err *e)
{
	struct wire w = wire_open(record);
	uint32_t magic = wire_u32(&w);

	*r = (struct ruleset){ 0 };
	get_groups(&w, a, r);
	r->nrules = wire_count(&w, 56);
	r->rules = arena_array(a, r->nrules, sizeof(*r->rules));
	for (size_t i = 0; i < r->nrules; i++)
		get_rule(&w, a, r, &r->rules[i]);
	get_brands(&w, a, r);
	for (size_t i = 0; i < RULE_IN_N; i++)
		get_patterns(&w, a, &r->in[i], &compiled_r[i]);
	if (magic == MAGIC && wire_done(&w) && adds_up(r))
		return 0;
	return err_set(e, ERR_BUG, "the record of rules is malformed");
}
