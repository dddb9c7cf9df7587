#include "mailauth/dmarc_walk.h"

#include "mail/domain.h"

static size_t count_labels(struct span domain)
{
	size_t n = 0;
	struct span label;

	while (span_cut(&domain, '.', &label))
		n++;
	return n;
}

static struct span parent(struct span domain)
{
	size_t dot = span_chr(domain, '.');

	return dot == SIZE_MAX ? (struct span){ 0 } :
		span_after(domain, dot + 1);
}

/* The next target (section 4.10 steps 4 and 7): never more than 7 labels. */
static struct span next_target(struct span domain)
{
	do
		domain = parent(domain);
	while (count_labels(domain) >= DMARC_WALK_MAX);
	return domain;
}

static const struct question *ask(struct lookup *l, struct span domain,
	struct arena *a)
{
	struct buf b = { .arena = a };

	buf_string(&b, "_dmarc.");
	buf_span(&b, domain);
	return lookup_ask(l, buf_bytes(&b), LOOKUP_TXT);
}

void dmarc_walk_ask(struct lookup *l, struct span domain, struct arena *a)
{
	for (; domain.n > 0; domain = next_target(domain))
		ask(l, domain, a);
}

/* Several records are none (step 2). */
static void read_level(const struct question *q, struct arena *a,
	struct dmarc_level *level)
{
	struct span text, found = { 0 };
	unsigned n = 0;

	level->state = q->state;
	if (q->state == ASK_PENDING || q->state == ASK_NO)
		return;
	if (q->state != ASK_YES) {
		level->state = ASK_LATER;
		return;
	}
	for (size_t i = 0; i < q->nrecords; i++)
		if (lookup_txt(q->records[i], a, &text) &&
		    dmarc_record_is(text)) {
			found = text;
			n++;
		}
	level->state = n == 1 ? ASK_YES : ASK_NO;
	if (n == 1)
		dmarc_record_parse(found, &level->record);
}

static bool is_stop(const struct dmarc_level *level)
{
	return level->state == ASK_YES && level->record.psd != 'u';
}

/* The name one label longer, on the way to the domain. */
static struct span one_below(struct span domain, struct span suffix)
{
	struct span up = parent(domain);

	while (up.n > suffix.n) {
		domain = up;
		up = parent(domain);
	}
	return domain;
}

/* Section 4.10.2, from what was retrieved. */
static struct span select_organisation(const struct dmarc_walk *w,
	struct span domain)
{
	struct span shortest = domain;

	for (size_t i = 0; i < w->end; i++) {
		const struct dmarc_level *level = &w->levels[i];

		if (level->state != ASK_YES)
			continue;
		if (level->record.psd == 'y' && i > 0)
			return one_below(domain, level->domain);
		shortest = level->domain;
	}
	return shortest;
}

void dmarc_walk(struct lookup *l, struct span domain, struct arena *a,
	struct dmarc_walk *w_r)
{
	struct span at = domain;

	*w_r = (struct dmarc_walk){ 0 };
	for (; at.n > 0; at = next_target(at)) {
		struct dmarc_level *level = &w_r->levels[w_r->n++];
		bool stopped = w_r->end > 0 &&
			is_stop(&w_r->levels[w_r->end - 1]);

		level->domain = at;
		read_level(ask(l, at, a), a, level);
		if (stopped)
			continue;
		w_r->end = w_r->n;
		w_r->pending |= level->state == ASK_PENDING;
		w_r->unsure |= level->state == ASK_LATER;
	}
	w_r->organisation = select_organisation(w_r, domain);
}

const struct dmarc_level *dmarc_walk_level(const struct dmarc_walk *w,
	struct span domain)
{
	for (size_t i = 0; i < w->n; i++)
		if (span_eq(w->levels[i].domain, domain))
			return &w->levels[i];
	return NULL;
}

const struct dmarc_level *dmarc_walk_policy(const struct dmarc_walk *w)
{
	const struct dmarc_level *level;

	if (w->n == 0)
		return NULL;
	if (w->levels[0].state == ASK_YES)
		return &w->levels[0];
	level = dmarc_walk_level(w, w->organisation);
	if (level && level->state == ASK_YES)
		return level;
	level = &w->levels[w->end - 1];
	return is_stop(level) ? level : NULL;
}

bool dmarc_walk_could_hold(const struct dmarc_walk *w, struct span name)
{
	for (size_t i = 0; i < w->end; i++)
		if ((i == 0 || w->levels[i].state != ASK_NO) &&
		    domain_is_below(name, w->levels[i].domain))
			return true;
	return false;
}
