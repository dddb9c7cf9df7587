/*
 * The content classifier: what its groups of features say, each with the
 * features that say it loudest.
 */
#include "engine/check.h"
#include "engine/features.h"
#include "detect/classifier.h"

enum { SHOWN = 3 };

static const char *const names[FEATURE_CONTENT] = {
	[FEATURE_TEXT] = "CONTENT_TEXT",
	[FEATURE_STRUCTURE] = "CONTENT_STRUCTURE",
	[FEATURE_LINKS] = "CONTENT_LINKS",
	[FEATURE_SENDER] = "CONTENT_SENDER",
};

/* Pieces of words say nothing to people. */
static bool can_be_shown(const struct feature *v)
{
	return !span_is(span_of(v->kind), "gram") &&
		!span_is(span_of(v->kind), "order");
}

/* The loudest of a group in the direction of its sum, the first ahead. */
static size_t loudest(const struct classifier *c, const struct features *in,
	unsigned group, int sign, const struct feature *out[SHOWN])
{
	int32_t part[SHOWN] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < in->n; i++) {
		const struct feature *v = &in->v[i];
		int32_t its;
		size_t at;

		if (v->group != group || !can_be_shown(v))
			continue;
		its = sign * classifier_part(c, v, 1);
		if (its <= 0 || (n == SHOWN && its <= part[SHOWN - 1]))
			continue;
		at = n < SHOWN ? n++ : SHOWN - 1;
		for (; at > 0 && part[at - 1] < its; at--) {
			part[at] = part[at - 1];
			out[at] = out[at - 1];
		}
		part[at] = its;
		out[at] = v;
	}
	return n;
}

static struct span evidence(struct facts *f, const struct classifier *c,
	const struct features *in, unsigned group, int32_t weight)
{
	const struct feature *shown[SHOWN];
	size_t n = loudest(c, in, group, weight < 0 ? -1 : 1, shown);
	struct buf b = { .arena = f->arena };

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_string(&b, ", ");
		features_name(shown[i], &b);
	}
	return buf_bytes(&b);
}

static void shipped(struct facts *f, const struct features *in)
{
	struct classifier_score score;

	classifier_score(f->model, in->v, in->n, &score);
	for (unsigned g = 0; g < FEATURE_CONTENT; g++)
		if (score.group[g])
			facts_hit(f, names[g], score.group[g], evidence(f,
				f->model, in, g, score.group[g]));
	if (score.cap)
		facts_hit(f, "CONTENT_CAP", score.cap, SPAN("what content "
			"alone may count is limited"));
}

/* Where the content says too little to be judged, so do the raw bytes. */
static struct features with_raw(struct facts *f, const struct features *in)
{
	struct features raw, all = { .n = 0 };

	if (in->n == 0)
		return *in;
	features_raw(f->raw, f->arena, &raw);
	all.v = arena_array(f->arena, in->n + raw.n, sizeof(*all.v));
	for (size_t i = 0; i < in->n; i++)
		all.v[all.n++] = in->v[i];
	for (size_t i = 0; i < raw.n; i++)
		all.v[all.n++] = raw.v[i];
	return all;
}

/* What people of this site said of mail like it. */
static void feedback(struct facts *f, const struct features *in)
{
	struct features all = with_raw(f, in);
	struct classifier_score score;

	classifier_score(f->feedback, all.v, all.n, &score);
	if (score.sum)
		facts_hit(f, "CONTENT_FEEDBACK", score.sum, evidence(f,
			f->feedback, in, FEATURE_TEXT, score.sum));
}

static enum check_state content_run(struct facts *f)
{
	size_t before = f->nhits;
	struct features found;

	if (f->model == NULL)
		return CHECK_NO;
	features_find(f, &found);
	shipped(f, &found);
	if (f->feedback)
		feedback(f, &found);
	return f->nhits > before ? CHECK_HIT : CHECK_NO;
}

const struct check content_check = {
	.name = "content",
	.stage = CHECK_LOCAL,
	.run = content_run,
};
