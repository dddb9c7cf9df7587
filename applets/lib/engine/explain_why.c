#include "engine/explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "engine/check.h"

enum { NAME_SHOWN = 100, HITS_SHOWN = 3 };

/* One group being explained. */
struct inquiry {
	struct policy_host *host;
	struct facts *facts;
	struct dnslist_set *dns;
	const struct group *group;
	int64_t until_ms;
	unsigned trials;
	struct buf because, unless;
};

/* What one trial changes; the rest is as it was. */
struct change {
	struct facts facts;
	struct envelope env;
	struct policy_trial trial;
};

static const struct trace_step *last_step(const struct group *g)
{
	return g->ntrace ? &g->trace[g->ntrace - 1] : NULL;
}

static void put_shown(struct buf *b, struct span s)
{
	char shown[NAME_SHOWN * 4];

	utf8_printable(span_sub(s, 0, NAME_SHOWN), shown, sizeof(shown));
	buf_string(b, shown);
}

static struct change begin_change(const struct inquiry *q)
{
	struct change c = { *q->facts, *q->facts->env, { 0 } };

	return c;
}

/* False: over a limit, nothing more is known. */
static bool may_try(struct inquiry *q)
{
	return ++q->trials <= EXPLAIN_TRIALS_MAX && clock_ms() < q->until_ms;
}

/* Asks the rules about a change. Does the message end otherwise? */
static bool differs(struct inquiry *q, struct change *c)
{
	const struct trace_step *was = last_step(q->group);
	struct policy_trial *t = &c->trial;

	c->facts.env = &c->env;
	t->facts = &c->facts;
	policy_try(q->host, q->group->rcpts[0], t);
	return t->action != q->group->action || was == NULL ||
		!span_eq(t->policy, was->policy) ||
		!span_eq(t->rule, was->rule);
}

/* The first that is found stays: they are asked in order of size. */
static struct buf *want_because(struct inquiry *q)
{
	return q->because.n ? NULL : &q->because;
}

static struct buf *want_unless(struct inquiry *q, const struct change *c)
{
	return q->unless.n || c->trial.action != ACTION_DELIVER ||
		q->group->action == ACTION_DELIVER ? NULL : &q->unless;
}

/* --- single changes ------------------------------------------------------ */

static void try_virus(struct inquiry *q)
{
	static const char *const words[VIRUS_N] = {
		[VIRUS_FOUND] = "the virus scanner found ",
		[VIRUS_UNSCANNABLE] = "the virus scanner could not look into "
			"it: ",
		[VIRUS_LATER] = "the virus scanner did not answer: ",
	};
	struct change c = begin_change(q);
	enum virus_state was = c.facts.virus;
	struct buf *b;

	if (words[was] == NULL || !may_try(q))
		return;
	c.facts.virus = VIRUS_CLEAN;
	c.facts.virus_name = SPAN("");
	if (!differs(q, &c))
		return;
	b = want_because(q);
	if (b) {
		buf_string(b, words[was]);
		put_shown(b, q->facts->virus_name);
	}
	b = want_unless(q, &c);
	if (b)
		buf_string(b, "the virus scanner had found nothing");
}

static void try_list(struct inquiry *q, const struct list_hit *l)
{
	struct change c = begin_change(q);
	struct buf *b;

	if (!may_try(q))
		return;
	c.trial.without = l;
	if (!differs(q, &c))
		return;
	b = want_because(q);
	if (b) {
		buf_string(b, l->rcpt == UINT32_MAX ?
			"sender or relay are on the list " :
			"the recipient is on the list ");
		put_shown(b, l->list);
		buf_string(b, " as ");
		put_shown(b, l->entry);
	}
	b = want_unless(q, &c);
	if (b == NULL)
		return;
	buf_string(b, "the list ");
	put_shown(b, l->list);
	buf_string(b, " had no entry ");
	put_shown(b, l->entry);
}

static void try_lists(struct inquiry *q)
{
	const struct list_hit *lists;
	size_t n = policy_list_hits(q->host, &lists);

	for (size_t i = 0; i < n; i++)
		if (lists[i].rcpt == UINT32_MAX ||
		    lists[i].rcpt == q->group->rcpts[0])
			try_list(q, &lists[i]);
}

static bool is_below(const struct mime_part *p, const struct mime_part *top)
{
	for (; p; p = p->parent)
		if (p == top)
			return true;
	return false;
}

/* The message without one part and what is in it. */
static void leave_out(struct facts *f, const struct mime_part *gone)
{
	struct mime_part **parts = arena_array(f->arena, f->mime.n,
		sizeof(*parts));
	struct fact_part *facts = arena_array(f->arena, f->mime.n,
		sizeof(*facts));
	size_t n = 0;

	for (size_t i = 0; i < f->mime.n; i++) {
		if (is_below(f->mime.parts[i], gone))
			continue;
		parts[n] = f->mime.parts[i];
		facts[n++] = f->parts[i];
	}
	f->mime.parts = parts;
	f->parts = facts;
	f->mime.n = n;
}

static void try_attachment(struct inquiry *q, const struct mime_part *p)
{
	struct span name = p->name.n ? p->name : p->type;
	struct change c = begin_change(q);
	struct buf *b;

	if (!may_try(q))
		return;
	leave_out(&c.facts, p);
	if (!differs(q, &c))
		return;
	b = want_because(q);
	if (b) {
		buf_string(b, "of its attachment ");
		put_shown(b, name);
	}
	b = want_unless(q, &c);
	if (b) {
		buf_string(b, "its attachment ");
		put_shown(b, name);
		buf_string(b, " were absent");
	}
}

static void try_attachments(struct inquiry *q)
{
	const struct mime *m = &q->facts->mime;

	for (size_t i = 1; i < m->n && q->trials < EXPLAIN_TRIALS_MAX / 2; i++)
		if (facts_is_attachment(m->parts[i]) && m->parts[i]->parent)
			try_attachment(q, m->parts[i]);
}

static void try_flag(struct inquiry *q, unsigned flag)
{
	const char *word = facts_flag_word(flag, 0);
	struct change c = begin_change(q);
	struct buf *b;

	if (word == NULL || !may_try(q))
		return;
	c.facts.mime.flags &= ~flag;
	c.facts.urls.flags &= ~flag;
	c.facts.more_flags &= ~flag;
	if (!differs(q, &c))
		return;
	b = want_because(q);
	if (b)
		buf_printf(b, "it has the flag %s", word);
	b = want_unless(q, &c);
	if (b)
		buf_printf(b, "it had not the flag %s", word);
}

static void try_flags(struct inquiry *q)
{
	unsigned flags = facts_flags(q->facts);

	for (unsigned bit = 1; bit; bit <<= 1)
		if (flags & bit)
			try_flag(q, bit);
}

static void try_dns(struct inquiry *q)
{
	for (struct dnslist *l = q->dns->first; l; l = l->next) {
		struct change c = begin_change(q);
		enum dnslist_state was = l->state;
		struct buf *b;
		bool other;

		/* Those that are data are hits of the score. */
		if (l->list || (was != DNSLIST_HIT &&
		    was != DNSLIST_LATER) || !may_try(q))
			continue;
		l->state = DNSLIST_NO;
		other = differs(q, &c);
		l->state = was;
		if (!other)
			continue;
		b = want_because(q);
		if (b)
			buf_printf(b, "the relay is listed by %.*s",
				SPAN_FMT(l->zone));
		b = want_unless(q, &c);
		if (b)
			buf_printf(b, "%.*s did not list the relay",
				SPAN_FMT(l->zone));
	}
}

static void try_dmarc(struct inquiry *q)
{
	struct auth *auth = q->facts->auth;
	struct change c = begin_change(q);
	enum auth_result was = auth ? auth->dmarc.result : AUTH_PASS;
	struct buf *b;
	bool other;

	if (was == AUTH_PASS || was == AUTH_NONE || !may_try(q))
		return;
	auth->dmarc.result = AUTH_PASS;
	other = differs(q, &c);
	auth->dmarc.result = was;
	if (!other)
		return;
	b = want_because(q);
	if (b)
		buf_printf(b, "DMARC gives %s", auth_result_name(was));
	b = want_unless(q, &c);
	if (b)
		buf_string(b, "DMARC had passed");
}

/* --- spam ---------------------------------------------------------------- */

static void set_score(struct facts *f, int64_t score)
{
	f->score = score > CHECK_SCORE_MAX ? CHECK_SCORE_MAX : (int32_t)score;
	f->probability = check_probability(f->score);
}

static int by_weight(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return (x->weight > y->weight) - (x->weight < y->weight);
}

/* The hits that speak for spam or tell rules something, lightest first. */
static size_t guilty(const struct facts *f, struct hit **hits_r)
{
	struct hit *hits = arena_array(f->arena, f->nhits, sizeof(*hits));
	size_t n = 0;

	for (size_t i = 0; i < f->nhits; i++)
		if (f->hits[i].weight >= 0)
			hits[n++] = f->hits[i];
	qsort(hits, n, sizeof(*hits), by_weight);
	*hits_r = hits;
	return n;
}

/* The least probability that ends as this message did. */
static unsigned find_limit(struct inquiry *q)
{
	unsigned low = 0, high = q->facts->probability;

	while (high - low > 1) {
		unsigned middle = (low + high) / 2;
		struct change c = begin_change(q);

		set_score(&c.facts, check_score((uint8_t)middle));
		if (!may_try(q))
			return 0;
		if (differs(q, &c))
			low = middle;
		else
			high = middle;
	}
	return high;
}

static void put_heaviest(struct buf *b, const struct facts *f)
{
	struct hit *hits;
	size_t n = guilty(f, &hits), most = n < HITS_SHOWN ? n : HITS_SHOWN;

	for (size_t i = 0; i < most && hits[n - 1 - i].weight > 0; i++) {
		buf_string(b, i ? ", " : ", mostly through ");
		put_shown(b, hits[n - 1 - i].name);
	}
}

/* limit_r: what keeps it from being delivered, for the last resort. */
static void try_probability(struct inquiry *q, unsigned *limit_r)
{
	struct change c = begin_change(q);
	struct buf *b = want_because(q);

	*limit_r = 0;
	if (c.facts.probability == 0 || !may_try(q))
		return;
	set_score(&c.facts, check_score(0));
	if (!differs(q, &c))
		return;
	if (b || want_unless(q, &c))
		*limit_r = find_limit(q);
	if (b && *limit_r) {
		buf_printf(b, "the spam probability is %u (limit %u)",
			q->facts->probability, *limit_r);
		put_heaviest(b, q->facts);
	}
	if (want_unless(q, &c) == NULL)
		*limit_r = 0;
}

/* The message without one hit: the same sum without it, capped again. */
static void without_hit(struct facts *f, struct span name)
{
	struct hit *hits = arena_array(f->arena, f->nhits, sizeof(*hits));
	int64_t score = 0;
	size_t n = 0;

	for (size_t i = 0; i < f->nhits; i++) {
		if (span_eq(f->hits[i].name, name) ||
		    span_is(f->hits[i].name, "SCORE_CAP"))
			continue;
		hits[n++] = f->hits[i];
		score += f->hits[i].weight;
	}
	f->hits = hits;
	f->nhits = n;
	set_score(f, score);
}

static void try_hits(struct inquiry *q)
{
	struct hit *hits;
	size_t n = guilty(q->facts, &hits);

	for (size_t i = 0; i < n && (q->because.n == 0 || q->unless.n == 0);
	     i++) {
		struct change c = begin_change(q);
		struct buf *b;

		if (!may_try(q))
			return;
		without_hit(&c.facts, hits[i].name);
		if (!differs(q, &c))
			continue;
		b = want_because(q);
		if (b) {
			buf_string(b, "of the hit ");
			put_shown(b, hits[i].name);
		}
		b = want_unless(q, &c);
		if (b) {
			buf_string(b, "the hit ");
			put_shown(b, hits[i].name);
			buf_string(b, " were absent");
		}
	}
}

static void try_relay(struct inquiry *q)
{
	struct change c = begin_change(q);
	struct buf *b;

	if (c.env.relay_addr.n == 0 || !may_try(q))
		return;
	/* This host itself: no network is more internal. */
	c.env.relay_addr = SPAN("");
	if (!differs(q, &c))
		return;
	b = want_because(q);
	if (b) {
		buf_string(b, "the relay ");
		put_shown(b, q->facts->env->relay_addr);
		buf_string(b, " is external");
	}
	b = want_unless(q, &c);
	if (b)
		buf_string(b, "the relay were internal");
}

/* --- the whole ----------------------------------------------------------- */

static void inquire(struct inquiry *q)
{
	unsigned limit;

	try_virus(q);
	try_lists(q);
	try_attachments(q);
	try_flags(q);
	try_dns(q);
	try_dmarc(q);
	try_probability(q, &limit);
	try_hits(q);
	if (limit && q->unless.n == 0)
		buf_printf(&q->unless, "the spam probability were below %u",
			limit);
	try_relay(q);
}

static struct span unless_sentence(struct inquiry *q)
{
	struct buf b = { .arena = q->facts->arena };

	if (q->group->action == ACTION_DELIVER)
		return SPAN("");
	if (q->unless.n) {
		buf_string(&b, "It would be delivered if ");
		buf_span(&b, buf_bytes(&q->unless));
		buf_byte(&b, '.');
	} else if (q->trials < EXPLAIN_TRIALS_MAX &&
		   clock_ms() < q->until_ms) {
		buf_string(&b, "No single change would have it delivered.");
	}
	return buf_bytes(&b);
}

static void explain_group(struct policy_host *h, struct facts *f,
	struct dnslist_set *dns, const struct verdict *v,
	const struct group *g, int64_t until_ms)
{
	struct inquiry q = { .host = h, .facts = f, .dns = dns, .group = g,
		.until_ms = until_ms, .because = { .arena = f->arena },
		.unless = { .arena = f->arena } };
	struct why *why = &f->whys[f->nwhys++];
	struct buf sentence = { .arena = f->arena };

	*why = (struct why){ .rcpt = g->rcpts[0] };
	/* What no rule ended has no cause to look for. */
	if (last_step(g) && span_is(last_step(g)->policy, POLICY_OURS))
		buf_string(&q.because, "it is an answer to a digest");
	else if (!v->failed && (g->action != ACTION_DELIVER || (last_step(g) &&
			span_is(last_step(g)->said, "deliver()"))))
		inquire(&q);
	explain_sentence(v, g, buf_bytes(&q.because), &sentence);
	why->sentence = buf_bytes(&sentence);
	why->unless = v->failed ? SPAN("") : unless_sentence(&q);
}

void explain_verdict(struct policy_host *h, struct facts *f,
	struct dnslist_set *dns, const struct verdict *v, bool all)
{
	int64_t until_ms = clock_ms() + EXPLAIN_MS;

	f->whys = arena_array(f->arena, EXPLAIN_GROUPS_MAX, sizeof(*f->whys));
	for (size_t i = 0; i < v->ngroups && f->nwhys < EXPLAIN_GROUPS_MAX;
	     i++)
		if (all || v->groups[i].action != ACTION_DELIVER)
			explain_group(h, f, dns, v, &v->groups[i], until_ms);
}
