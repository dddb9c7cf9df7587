#include "mailauth/dmarc.h"

#include "mail/domain.h"
#include "mailauth/dmarc_walk.h"

enum { IDENTITIES_MAX = DKIM_SIGNATURES_MAX + 1 };

/* Who was authenticated, or might have been had the DNS answered. */
struct identity {
	struct span domain;
	bool spf, pass;
	bool walked;
	struct dmarc_walk walk;
};

struct run {
	struct lookup *l;
	struct arena *a;
	struct identity who[IDENTITIES_MAX];
	size_t nwho;
};

/* An author's own part of a run. */
struct author {
	struct dmarc_author *r;
	struct dmarc_walk walk;
	const struct dmarc_level *policy;
};

/* MAYBE: the DNS did not answer; WAIT: not yet. */
enum answer { NO, YES, MAYBE, WAIT };

const char *dmarc_policy_name(enum dmarc_policy p)
{
	static const char *const names[] = { [DMARC_NO_POLICY] = "",
		[DMARC_NONE] = "none", [DMARC_QUARANTINE] = "quarantine",
		[DMARC_REJECT] = "reject" };

	return names[p];
}

static void set_error(struct dmarc_author *r, enum auth_result result,
	const char *problem)
{
	r->result = result;
	r->problem = span_of(problem);
}

/* One for each different domain. A name that is none is one author, too. */
static void collect_authors(const struct address *authors, size_t n,
	struct arena *a, struct dmarc_answer *r)
{
	r->authors = arena_array(a, DMARC_AUTHORS_MAX, sizeof(*r->authors));
	for (size_t i = 0; i < n; i++) {
		struct span domain = { 0 };
		size_t k = 0;

		if (authors[i].domain.n == 0)
			continue;
		if (!domain_ascii(authors[i].domain, a, &domain))
			domain = (struct span){ 0 };
		while (k < r->n && !span_eq(r->authors[k].domain, domain))
			k++;
		if (k < r->n)
			continue;
		if (r->n == DMARC_AUTHORS_MAX) {
			r->more = true;
			return;
		}
		r->authors[r->n++].domain = domain;
	}
}

static void add_identity(struct run *s, struct span domain, bool spf,
	enum auth_result result)
{
	struct identity *i = &s->who[s->nwho];

	if ((result != AUTH_PASS && result != AUTH_TEMPERROR) ||
	    s->nwho == IDENTITIES_MAX ||
	    !domain_ascii(domain, s->a, &i->domain))
		return;
	i->spf = spf;
	i->pass = result == AUTH_PASS;
	s->nwho++;
}

static void collect_identities(struct run *s, const struct spf_answer *spf,
	const struct dkim_answer *dkim)
{
	const unsigned refused = DKIM_PARTIAL | DKIM_WEAK_KEY | DKIM_SHA1;

	if (spf)
		add_identity(s, spf->domain, true, spf->result);
	for (size_t i = 0; dkim && i < dkim->n; i++)
		if (!(dkim->signatures[i].flags & refused))
			add_identity(s, dkim->signatures[i].domain, false,
				dkim->signatures[i].result);
}

static const struct dmarc_walk *walk_of(struct run *s, struct identity *i)
{
	if (!i->walked)
		dmarc_walk(s->l, i->domain, s->a, &i->walk);
	i->walked = true;
	return &i->walk;
}

/*
 * Section 4.10.2. What is not below the author's organisation cannot have the
 * same, whatever is published there: nothing is asked for it.
 */
static enum answer is_aligned(struct run *s, const struct author *x,
	struct identity *i)
{
	const struct dmarc_record *record = &x->policy->record;
	const struct dmarc_walk *w;

	if (span_eq(i->domain, x->r->domain))
		return YES;
	if (i->spf ? record->strict_spf : record->strict_dkim)
		return NO;
	if (x->walk.unsure)
		return dmarc_walk_could_hold(&x->walk, i->domain) ? MAYBE : NO;
	if (!domain_is_below(i->domain, x->walk.organisation))
		return NO;
	w = walk_of(s, i);
	if (w->pending)
		return WAIT;
	if (w->unsure)
		return MAYBE;
	return span_eq(w->organisation, x->walk.organisation) ? YES : NO;
}

/* Does anyone authenticated speak for the author? */
static enum answer find_aligned(struct run *s, struct author *x)
{
	enum answer best = NO;

	for (size_t k = 0; k < s->nwho; k++) {
		struct identity *i = &s->who[k];
		enum answer one = is_aligned(s, x, i);

		if (one == YES && i->pass && i->spf)
			x->r->spf_aligned = true;
		else if (one == YES && i->pass)
			x->r->dkim_aligned = true;
		else if (one == YES)
			one = MAYBE;
		if (one == WAIT || (one != NO && best != WAIT && best != YES))
			best = one;
	}
	return best;
}

/* Is there such a name? */
static enum answer exists(struct run *s, struct span domain)
{
	static const uint16_t types[] = { LOOKUP_A, LOOKUP_AAAA, LOOKUP_MX };
	enum answer answer = NO;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		enum ask_state state = lookup_ask(s->l, domain,
			types[i])->state;

		if (state == ASK_YES)
			answer = YES;
		else if (state == ASK_PENDING && answer != YES)
			answer = WAIT;
		else if (state != ASK_NO && answer == NO)
			answer = MAYBE;
	}
	return answer;
}

/* False: it is not known yet. */
static bool choose_policy(struct run *s, struct author *x)
{
	const struct dmarc_record *record = &x->policy->record;
	struct dmarc_author *r = x->r;
	enum answer there = YES;

	r->policy = record->p;
	if (!span_eq(x->policy->domain, r->domain)) {
		r->policy = record->sp ? record->sp : record->p;
		if (r->result == AUTH_FAIL && record->np &&
		    record->np != r->policy)
			there = exists(s, r->domain);
	}
	if (there == NO)
		r->policy = record->np;
	if (there == MAYBE)
		set_error(r, AUTH_TEMPERROR,
			"whether the domain exists is not known");
	r->testing = record->testing;
	if (r->testing && r->policy > DMARC_NONE)
		r->policy--;
	return there != WAIT;
}

/*
 * What RFC 7489 would have found: the domain's own record or that of its
 * organisation by the list. NULL: none. False: that is not known.
 */
static bool psl_policy(const struct author *x,
	const struct dmarc_level **level_r)
{
	const struct dmarc_level *level = &x->walk.levels[0];

	if (level->state == ASK_NO)
		level = dmarc_walk_level(&x->walk, x->r->psl_organisation);
	*level_r = level && level->state == ASK_YES ? level : NULL;
	return level && (level->state == ASK_YES || level->state == ASK_NO);
}

static bool psl_passes(const struct run *s, const struct author *x,
	const struct dmarc_record *record)
{
	for (size_t k = 0; k < s->nwho; k++) {
		const struct identity *i = &s->who[k];
		bool strict = i->spf ? record->strict_spf :
			record->strict_dkim;

		if (i->pass && (span_eq(i->domain, x->r->domain) ||
		    (!strict && span_eq(domain_organisation(i->domain),
		    x->r->psl_organisation))))
			return true;
	}
	return false;
}

static void compare_with_list(const struct run *s, struct author *x)
{
	const struct dmarc_level *level;

	if (x->walk.unsure || !psl_policy(x, &level))
		return;
	if (!level || !x->policy)
		x->r->psl_differs = level || x->policy;
	else if (level != x->policy)
		x->r->psl_differs = true;
	else if (x->r->result == AUTH_PASS || x->r->result == AUTH_FAIL)
		x->r->psl_differs = psl_passes(s, x, &level->record) !=
			(x->r->result == AUTH_PASS);
}

/* The author's record, whatever it says. False: there is nothing to judge. */
static bool find_policy(struct author *x)
{
	struct dmarc_author *r = x->r;

	/* Without its own record the policy may be anywhere above. */
	if (x->walk.unsure && x->walk.levels[0].state != ASK_YES) {
		set_error(r, AUTH_TEMPERROR, "the DNS gave no answer");
		return false;
	}
	x->policy = dmarc_walk_policy(&x->walk);
	if (!x->policy)
		return false;
	r->record_domain = x->policy->domain;
	r->record = x->policy->record;
	if (x->policy->record.problem)
		set_error(r, AUTH_PERMERROR, x->policy->record.problem);
	return !x->policy->record.problem;
}

static void judge(struct run *s, struct author *x)
{
	struct dmarc_author *r = x->r;
	enum answer aligned = find_aligned(s, x);

	r->result = aligned == WAIT ? AUTH_WAIT : aligned == YES ? AUTH_PASS :
		aligned == MAYBE ? AUTH_TEMPERROR : AUTH_FAIL;
	if (aligned == MAYBE)
		r->problem = SPAN("who sent it could not be found out now");
	if (r->result != AUTH_WAIT && !choose_policy(s, x))
		r->result = AUTH_WAIT;
}

/* Those that may turn out to be of the author's organisation. */
static void ask_ahead(struct run *s, const struct dmarc_author *r)
{
	for (size_t k = 0; k < s->nwho; k++)
		if (domain_is_below(s->who[k].domain, r->psl_organisation))
			dmarc_walk_ask(s->l, s->who[k].domain, s->a);
}

static void check_author(struct run *s, struct dmarc_author *r)
{
	struct author x = { .r = r };

	if (r->domain.n == 0) {
		set_error(r, AUTH_PERMERROR, "From has no domain name");
		return;
	}
	r->psl_organisation = domain_organisation(r->domain);
	if (r->psl_organisation.n == 0)
		r->psl_organisation = r->domain;
	dmarc_walk(s->l, r->domain, s->a, &x.walk);
	if (x.walk.pending) {
		ask_ahead(s, r);
		r->result = AUTH_WAIT;
		return;
	}
	if (!x.walk.unsure)
		r->organisation = x.walk.organisation;
	if (find_policy(&x))
		judge(s, &x);
	if (r->result != AUTH_WAIT)
		compare_with_list(s, &x);
}

/* How strict an author's answer is, for the message's. */
static int strictness(enum auth_result result, enum dmarc_policy policy)
{
	switch (result) {
	case AUTH_WAIT: return 7;
	case AUTH_FAIL:
		return policy == DMARC_REJECT ? 6 :
			policy == DMARC_QUARANTINE ? 5 : 3;
	case AUTH_TEMPERROR: return 4;
	case AUTH_PERMERROR: return 2;
	case AUTH_NONE: return 1;
	default: return 0;
	}
}

static void take_stricter(struct dmarc_answer *r, enum auth_result result,
	enum dmarc_policy policy)
{
	if (strictness(result, policy) <= strictness(r->result, r->policy))
		return;
	r->result = result;
	r->policy = policy;
}

void dmarc_check(struct lookup *l, const struct address *authors,
	size_t nauthors, const struct spf_answer *spf,
	const struct dkim_answer *dkim, struct arena *a,
	struct dmarc_answer *answer_r)
{
	struct run s = { .l = l, .a = a };

	*answer_r = (struct dmarc_answer){ .result = AUTH_PERMERROR };
	collect_authors(authors, nauthors, a, answer_r);
	if (answer_r->n == 0)
		return;
	collect_identities(&s, spf, dkim);
	for (size_t i = 0; i < answer_r->n; i++)
		check_author(&s, &answer_r->authors[i]);
	answer_r->result = answer_r->authors[0].result;
	answer_r->policy = answer_r->authors[0].policy;
	for (size_t i = 1; i < answer_r->n; i++)
		take_stricter(answer_r, answer_r->authors[i].result,
			answer_r->authors[i].policy);
	if (answer_r->more)
		take_stricter(answer_r, AUTH_PERMERROR, DMARC_NO_POLICY);
	if ((spf && spf->result == AUTH_WAIT) ||
	    (dkim && dkim->result == AUTH_WAIT))
		answer_r->result = AUTH_WAIT;
}

void dmarc_ask(struct lookup *l, const struct address *authors,
	size_t nauthors, struct arena *a)
{
	struct dmarc_answer who = { 0 };

	collect_authors(authors, nauthors, a, &who);
	for (size_t i = 0; i < who.n; i++)
		if (who.authors[i].domain.n > 0)
			dmarc_walk_ask(l, who.authors[i].domain, a);
}
