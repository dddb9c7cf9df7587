#include "mailauth/arc.h"

#include "mailauth/dkim_canon.h"
#include "mailauth/dkim_field.h"
#include "mailauth/dkim_run.h"

/* A signature of a set: ARC-Message-Signature or ARC-Seal. */
struct part {
	struct dkim_field field;
	struct dkim_signature s;
	const struct question *key;
};

struct set {
	const struct header_field *results;
	struct span text;	/* of the results */
	struct part message, seal;
};

struct chain {
	struct set sets[ARC_SETS_MAX + 1]; /* by number; 0 is not used */
	unsigned n;			/* the highest */
	struct arc_answer *answer;
	struct arena *a;
};

static bool give_up(struct chain *c, enum auth_result result,
	const char *problem)
{
	c->answer->result = result;
	c->answer->problem = span_of(problem);
	return false;
}

/* The first thing that is wrong is what people are told. */
static void malformed(struct chain *c, const char *problem)
{
	if (c->answer->result != AUTH_FAIL)
		give_up(c, AUTH_FAIL, problem);
}

/* "i=N;" and the rest (section 4.1.1). 0: it is not so. */
static unsigned results_instance(struct span *text)
{
	struct span first = span_sub(*text, 0, span_chr(*text, ';'));
	size_t eq = span_chr(first, '=');

	if (first.n == text->n || eq == SIZE_MAX ||
	    !span_caseeq(span_trim(span_sub(first, 0, eq)), SPAN("i")))
		return 0;
	*text = span_trim(span_after(*text, first.n + 1));
	return dkim_instance(span_trim(span_after(first, eq + 1)));
}

/* NULL: there is no set of that number. */
static struct set *place(struct chain *c, unsigned i)
{
	if (!i)
		return NULL;
	if (i > c->n)
		c->n = i;
	return &c->sets[i];
}

static void read_results(struct chain *c, const struct header_field *f)
{
	struct span text = header_unfold(f->value, c->a);
	struct set *set = place(c, results_instance(&text));

	if (!set || set->results) {
		malformed(c, set ? "two ARC-Authentication-Results have the "
			"same i=" : "ARC-Authentication-Results has no "
			"proper i=");
		return;
	}
	set->results = f;
	set->text = text;
}

static void read_signature(struct chain *c, const struct header_field *f,
	enum dkim_kind kind, uint64_t now)
{
	struct part part = { .s.result = AUTH_NONE }, *to;
	struct set *set;

	dkim_field_read(f, kind, now, c->a, &part.field, &part.s);
	set = place(c, part.field.instance);
	if (!set) {
		malformed(c, arena_printf(c->a, "%.*s: %.*s",
			SPAN_FMT(f->name), SPAN_FMT(part.s.problem)));
		return;
	}
	to = kind == DKIM_ARC_SEAL ? &set->seal : &set->message;
	if (to->field.field)
		malformed(c, arena_printf(c->a, "two %.*s have the same i=",
			SPAN_FMT(f->name)));
	else
		*to = part;
}

/* Most mail has none, and needs no room for them. */
static bool has_sets(const struct header *h)
{
	return header_find(h, SPAN("ARC-Seal"), 1) ||
		header_find(h, SPAN("ARC-Message-Signature"), 1) ||
		header_find(h, SPAN("ARC-Authentication-Results"), 1);
}

static void read_fields(struct chain *c, const struct header *h, uint64_t now)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct header_field *f = &h->fields[i];

		if (span_caseeq(f->name, SPAN("ARC-Authentication-Results")))
			read_results(c, f);
		else if (span_caseeq(f->name, SPAN("ARC-Message-Signature")))
			read_signature(c, f, DKIM_ARC_MESSAGE, now);
		else if (span_caseeq(f->name, SPAN("ARC-Seal")))
			read_signature(c, f, DKIM_ARC_SEAL, now);
	}
}

static bool part_fails(struct chain *c, const char *name, unsigned i,
	const struct part *p)
{
	return give_up(c, p->s.result == AUTH_TEMPERROR ? AUTH_TEMPERROR :
		AUTH_FAIL, arena_printf(c->a, "%s %u: %.*s", name, i,
			SPAN_FMT(p->s.problem)));
}

/* Section 5.2, steps 2 and 3: complete sets, seals that say what they may. */
static bool chain_right(struct chain *c)
{
	struct arc_answer *answer = c->answer;

	answer->closed = c->n && span_is(c->sets[c->n].seal.field.chain,
		"fail");
	if (answer->closed)
		return give_up(c, AUTH_FAIL, "the newest seal says cv=fail");
	if (answer->result == AUTH_FAIL)
		return false;
	for (unsigned i = 1; i <= c->n; i++) {
		const struct set *set = &c->sets[i];

		if (!set->results || !set->message.field.field ||
		    !set->seal.field.field)
			return give_up(c, AUTH_FAIL, arena_printf(c->a,
				"set %u is not complete", i));
		if (set->seal.s.result != AUTH_WAIT)
			return part_fails(c, "ARC-Seal", i, &set->seal);
		if (!span_is(set->seal.field.chain, i == 1 ? "none" : "pass"))
			return give_up(c, AUTH_FAIL, arena_printf(c->a,
				"ARC-Seal %u: cv= is not %s", i,
				i == 1 ? "none" : "pass"));
	}
	if (c->sets[c->n].message.s.result != AUTH_WAIT)
		return part_fails(c, "ARC-Message-Signature", c->n,
			&c->sets[c->n].message);
	return true;
}

static bool ask_key(struct chain *c, struct lookup *l, struct part *p)
{
	if (p->s.result != AUTH_WAIT)
		return true;
	p->key = dkim_run_ask(l, c->a, &p->s);
	return p->key->state != ASK_PENDING;
}

/* The newest first, where there are more than may be asked for. */
static bool keys_known(struct chain *c, struct lookup *l)
{
	bool known = true;

	for (unsigned i = c->n; i; i--) {
		known = ask_key(c, l, &c->sets[i].message) && known;
		known = ask_key(c, l, &c->sets[i].seal) && known;
	}
	return known;
}

static void judge_message(struct dkim_run *r, struct part *p)
{
	if (p->s.result != AUTH_WAIT)
		return;
	dkim_run_judge(r, &p->field, p->key, &p->s);
	if (p->s.result == AUTH_PASS && (p->s.flags & DKIM_PARTIAL))
		dkim_settle(&p->s, AUTH_POLICY,
			"l= leaves an end of the body unsigned");
}

/*
 * Each seal is over all sets up to its own, each as results, message
 * signature, seal (section 5.1.1); so what is hashed goes on from set to set,
 * and a copy ends with the seal's own field.
 */
static void judge_seals(struct chain *c, struct dkim_run *r)
{
	struct canon_hash *all = arena_alloc(c->a, sizeof(*all));
	struct canon_hash *own = arena_alloc(c->a, sizeof(*own));
	unsigned char hash[HASH_SHA256_SIZE];

	canon_header_begin(all);
	for (unsigned i = 1; i <= c->n; i++) {
		struct set *set = &c->sets[i];
		const struct dkim_field *seal = &set->seal.field;

		canon_header_add(all, true, r->message, set->results);
		canon_header_add(all, true, r->message,
			set->message.field.field);
		*own = *all;
		canon_header_own(own, true, r->message, seal->field,
			seal->b_raw);
		canon_header_end(own, hash);
		dkim_run_judge_hash(r, seal, set->seal.key, hash,
			&set->seal.s);
		canon_header_add(all, true, r->message, seal->field);
	}
}

/* Steps 4 and 6. What surely fails comes before what is not known. */
static bool newest_and_seals_pass(struct chain *c, struct dkim_run *r)
{
	const struct part *newest = &c->sets[c->n].message;
	bool right = true;

	judge_message(r, &c->sets[c->n].message);
	if (newest->s.result != AUTH_PASS)
		right = part_fails(c, "ARC-Message-Signature", c->n, newest);
	if (c->answer->result == AUTH_FAIL)
		return false;
	judge_seals(c, r);
	for (unsigned i = c->n; i; i--) {
		const struct part *seal = &c->sets[i].seal;

		if (seal->s.result == AUTH_PASS ||
		    c->answer->result == AUTH_FAIL)
			continue;
		right = part_fails(c, "ARC-Seal", i, seal);
	}
	return right;
}

/* Step 5: down to which set the message is as its host saw it. */
static unsigned oldest_pass(struct chain *c, struct dkim_run *r)
{
	for (unsigned i = c->n - 1; i; i--) {
		judge_message(r, &c->sets[i].message);
		if (c->sets[i].message.s.result != AUTH_PASS)
			return i + 1;
	}
	return 0;
}

static void put_sets(struct chain *c)
{
	struct arc_answer *answer = c->answer;

	answer->n = c->n;
	answer->sets = arena_array(c->a, c->n, sizeof(*answer->sets));
	for (unsigned i = 0; i < c->n; i++) {
		const struct set *set = &c->sets[i + 1];

		answer->sets[i] = (struct arc_set){
			.results_field = set->results,
			.message_field = set->message.field.field,
			.seal_field = set->seal.field.field,
			.domain = set->seal.s.domain,
			.selector = set->seal.s.selector,
			.results = set->text };
	}
}

void arc_check(struct lookup *l, struct span message, const struct header *h,
	uint64_t now, struct arena *a, struct arc_answer *answer_r)
{
	struct dkim_run *r;
	struct chain *c;

	*answer_r = (struct arc_answer){ .result = AUTH_NONE };
	if (!has_sets(h))
		return;
	c = arena_alloc(a, sizeof(*c));
	c->answer = answer_r;
	c->a = a;
	read_fields(c, h, now);
	answer_r->highest = c->n;
	/* Fields past the limit may belong to it: nobody knows. */
	if (h->flags & MAIL_OVER_HEADERS)
		malformed(c, "the header is over the limits");
	if (!chain_right(c))
		return;
	answer_r->result = AUTH_WAIT;
	if (!keys_known(c, l))
		return;
	r = dkim_run_new(message, h, a);
	if (!newest_and_seals_pass(c, r))
		return;
	answer_r->oldest_pass = oldest_pass(c, r);
	answer_r->result = AUTH_PASS;
	put_sets(c);
}
