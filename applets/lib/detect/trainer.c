#include "detect/trainer.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

enum {
	EPOCHS = 8, AVERAGED = 4,	/* the weights of the last ones */
	FOLDS = 5,			/* where there is only one source */
	LOGIT = 1000,
	SURE = 8197,			/* the score of probability 90 */
	FEEDBACK_TEXT = 2000, FEEDBACK_OTHER = 1000, FEEDBACK_ALL = 4000,
	LEAST = -2000, TEXT_MOST = 15000, OTHER_MOST = 3500, CEILING = 25000,
	WEIGHT_MOST = 127, ROOT_PARTS = 1 << 20,
};

#define TRAINER_MEMORY ((size_t)16 << 30)

/* Of the unscaled score, where 1 is the hinge's margin. */
static const double RATE = 0.2, SMOOTH = 0.1, LEAVE_OUT = 0.3,
	BIAS_RATE = 0.01, OTHER_LEAST = -0.2, TEXT_LEAST = -3, SURE_LEAST = 3,
	FEEDBACK_RATE = 0.05, SURE_Z = 2.2,
	RAW_RATE = 0.3, RAW_MARGIN = 1,
	/* Mail of one source says too little about that of others. */
	NOT_SEEN = 1.5;

struct example {
	uint64_t key;
	uint32_t *hash;		/* by group */
	size_t n[FEATURE_GROUPS];
	unsigned source;
	bool spam, use;
	double z;		/* unscaled, when its source was left out */
};

struct trainer {
	struct arena *arena;
	struct map *seen;
	struct example **v;	/* as added */
	size_t n, cap;
	unsigned bits;
	double *weight, *moved, *average;
	double bias;		/* how much more of one class there is: left
				   behind in training */
	struct example **order;	/* those learnt from */
	size_t ordered;
	double share[TRAINER_SOURCES][2]; /* what an example counts */
	uint64_t dice;
};

/* --- examples ------------------------------------------------------------ */

struct trainer *trainer_new(unsigned bits)
{
	struct arena *a = arena_new("training", TRAINER_MEMORY);
	struct trainer *t = arena_alloc(a, sizeof(*t));

	t->arena = a;
	t->seen = map_new(a);
	t->bits = bits;
	t->weight = arena_array(a, (size_t)1 << bits, sizeof(double));
	t->moved = arena_array(a, (size_t)1 << bits, sizeof(double));
	t->average = arena_array(a, (size_t)1 << bits, sizeof(double));
	return t;
}

void trainer_free(struct trainer **t)
{
	struct arena *a = *t ? (*t)->arena : NULL;

	*t = NULL;
	if (a)
		arena_free(&a);
}

static void grow(struct trainer *t)
{
	struct example **v;

	if (t->n < t->cap)
		return;
	t->cap = t->cap ? t->cap * 2 : 1024;
	v = arena_array(t->arena, t->cap, sizeof(struct example *));
	if (t->n)
		memcpy(v, t->v, t->n * sizeof(struct example *));
	t->v = v;
}

bool trainer_add(struct trainer *t, unsigned source, bool spam, uint64_t key,
	const struct feature *v, size_t n)
{
	struct example *x = arena_alloc(t->arena, sizeof(*x));
	size_t at = 0;

	x->key = key;
	if (source >= TRAINER_SOURCES || map_get(t->seen, span_from(&x->key,
			sizeof(x->key))))
		return false;
	map_put(t->seen, span_from(&x->key, sizeof(x->key)), x);
	x->source = source;
	x->spam = spam;
	x->use = true;
	x->hash = arena_array(t->arena, n + 1, sizeof(*x->hash));
	for (unsigned g = 0; g < FEATURE_GROUPS; g++)
		for (size_t i = 0; i < n; i++)
			if (v[i].group == g) {
				x->hash[at++] = v[i].hash;
				x->n[g]++;
			}
	grow(t);
	t->v[t->n++] = x;
	return true;
}

size_t trainer_count(const struct trainer *t)
{
	return t->n;
}

void trainer_use(struct trainer *t, size_t i, bool use)
{
	t->v[i]->use = use;
}

/* --- learning ------------------------------------------------------------ */

static uint64_t dice(struct trainer *t)
{
	t->dice ^= t->dice << 13;
	t->dice ^= t->dice >> 7;
	t->dice ^= t->dice << 17;
	return t->dice;
}

static double *slot(struct trainer *t, double *of, uint32_t hash)
{
	return &of[hash & ((1u << t->bits) - 1)];
}

/* The unscaled score of each group, without limits. */
static void groups_of(struct trainer *t, const struct example *x,
	double z_r[FEATURE_GROUPS])
{
	const uint32_t *hash = x->hash;

	for (size_t g = 0; g < FEATURE_GROUPS; hash += x->n[g++]) {
		double sum = 0;

		for (size_t i = 0; i < x->n[g]; i++)
			sum += *slot(t, t->weight, hash[i]);
		z_r[g] = sum * classifier_norm(x->n[g]);
	}
}

static double least_of(size_t g)
{
	return g == FEATURE_TEXT ? TEXT_LEAST : OTHER_LEAST;
}

static double z_of(struct trainer *t, const struct example *x)
{
	double z[FEATURE_GROUPS], sum = 0;

	groups_of(t, x, z);
	for (size_t g = 0; g < FEATURE_CONTENT; g++)
		sum += z[g] < least_of(g) ? least_of(g) : z[g];
	return sum;
}

/* Moves the weights of one group; step: which way, and how much it counts. */
static void move(struct trainer *t, const uint32_t *hash, size_t n,
	double step, double rate)
{
	double by = step * classifier_norm(n);

	for (size_t i = 0; i < n; i++) {
		double *moved = slot(t, t->moved, hash[i]);

		*moved += by * by;
		/* sqrt is exact by IEEE 754; the compiler has it. */
		*slot(t, t->weight, hash[i]) += rate * by /
			(__builtin_sqrt(*moved) + SMOOTH);
	}
}

/* One example: nothing is learnt where it is on its side by the margin. */
static void learn(struct trainer *t, const struct example *x, double step,
	double leave_out)
{
	double z[FEATURE_GROUPS], sum = t->bias;
	const uint32_t *hash = x->hash;
	bool out[FEATURE_GROUPS];

	groups_of(t, x, z);
	for (size_t g = 0; g < FEATURE_CONTENT; g++) {
		out[g] = (double)(dice(t) >> 40) < leave_out * (1 << 24);
		if (out[g])
			continue;
		if (z[g] < least_of(g)) {
			z[g] = least_of(g);
			out[g] = !x->spam;
		}
		sum += z[g];
	}
	if ((x->spam ? sum : -sum) >= 1)
		return;
	t->bias += BIAS_RATE * (x->spam ? step : -step);
	for (size_t g = 0; g < FEATURE_CONTENT; hash += x->n[g++])
		if (!out[g])
			move(t, hash, x->n[g], x->spam ? step : -step,
				RATE);
}

/*
 * The raw bytes stand for themselves, with a margin of their own: what is
 * learnt of both together is what the better one knows alone.
 */
static double raw_z(struct trainer *t, const struct example *x)
{
	double z[FEATURE_GROUPS];

	groups_of(t, x, z);
	return z[FEATURE_RAW];
}

static void learn_raw(struct trainer *t, const struct example *x, double base,
	double step)
{
	const uint32_t *hash = x->hash;
	double z = raw_z(t, x) + base;

	for (size_t g = 0; g < FEATURE_RAW; g++)
		hash += x->n[g];
	if ((x->spam ? z : -z) < RAW_MARGIN)
		move(t, hash, x->n[FEATURE_RAW], x->spam ? step : -step,
			RAW_RATE);
}

static int by_key(const void *a, const void *b)
{
	const struct example *const *x = a, *const *y = b;

	return ((*x)->key > (*y)->key) - ((*x)->key < (*y)->key);
}

/* Each class counts the same in all; a source by the root of its size. */
static void weigh(struct trainer *t)
{
	size_t n[TRAINER_SOURCES][2] = { 0 };
	uint64_t all[2] = { 0 };	/* in whole parts: in any order */

	for (size_t i = 0; i < t->ordered; i++)
		n[t->order[i]->source][t->order[i]->spam]++;
	for (size_t s = 0; s < TRAINER_SOURCES; s++)
		for (size_t c = 0; c < 2; c++)
			all[c] += (uint64_t)(__builtin_sqrt(
				(double)n[s][c]) * ROOT_PARTS);
	for (size_t s = 0; s < TRAINER_SOURCES; s++)
		for (size_t c = 0; c < 2; c++)
			if (n[s][c])
				t->share[s][c] = (double)t->ordered / 2 *
					ROOT_PARTS / (double)all[c] /
					__builtin_sqrt((double)n[s][c]);
}

static void shuffle(struct trainer *t)
{
	for (size_t i = t->ordered; i > 1; i--) {
		size_t k = dice(t) % i;
		struct example *x = t->order[k];

		t->order[k] = t->order[i - 1];
		t->order[i - 1] = x;
	}
}

void trainer_begin(struct trainer *t)
{
	size_t slots = (size_t)1 << t->bits;

	memset(t->weight, 0, slots * sizeof(double));
	memset(t->moved, 0, slots * sizeof(double));
	memset(t->average, 0, slots * sizeof(double));
	t->bias = 0;
	t->dice = 88172645463325252;
}

double trainer_guess(struct trainer *t, size_t i)
{
	return z_of(t, t->v[i]) + t->bias + raw_z(t, t->v[i]);
}

void trainer_learn(struct trainer *t, size_t i)
{
	learn(t, t->v[i], 1, 0);
	learn_raw(t, t->v[i], 0, 1);
}

void trainer_correct(struct trainer *t, size_t i, double base, double step)
{
	const struct example *x = t->v[i];
	const uint32_t *hash = x->hash;
	double z[FEATURE_GROUPS], sum = base;

	groups_of(t, x, z);
	for (size_t g = 0; g < FEATURE_CONTENT; g++)
		sum += g == FEATURE_STRUCTURE ? 0 : z[g];
	if ((x->spam ? sum : -sum) >= SURE_Z)
		return;
	/* What it counts is of the rate: a step alone evens out. */
	for (size_t g = 0; g < FEATURE_CONTENT; hash += x->n[g++])
		if (g != FEATURE_STRUCTURE)
			move(t, hash, x->n[g], x->spam ? 1 : -1,
				FEEDBACK_RATE * step);
}

void trainer_correct_raw(struct trainer *t, size_t i, double base, double step)
{
	learn_raw(t, t->v[i], base, step);
}

/* Learns from t->order: the weights, from nothing. */
static void fit(struct trainer *t)
{
	size_t slots = (size_t)1 << t->bits;

	trainer_begin(t);
	qsort(t->order, t->ordered, sizeof(struct example *), by_key);
	weigh(t);
	for (unsigned epoch = 0; epoch < EPOCHS; epoch++) {
		shuffle(t);
		for (size_t i = 0; i < t->ordered; i++)
			learn(t, t->order[i], t->share[t->order[i]->source]
				[t->order[i]->spam], LEAVE_OUT);
		for (size_t i = 0; epoch >= EPOCHS - AVERAGED && i < slots; i++)
			t->average[i] += t->weight[i];
	}
	for (size_t i = 0; i < slots; i++)
		t->weight[i] = t->average[i] / AVERAGED;
}

/* --- the scale ----------------------------------------------------------- */

static unsigned fold_of(const struct example *x, bool by_source)
{
	return by_source ? x->source : (unsigned)(x->key % FOLDS);
}

/* Those in use whose fold is (not) this one; UINT_MAX: all. */
static void choose(struct trainer *t, bool by_source, unsigned fold)
{
	t->ordered = 0;
	for (size_t i = 0; i < t->n; i++) {
		struct example *x = t->v[i];

		if (x->use && fold_of(x, by_source) != fold)
			t->order[t->ordered++] = x;
	}
}

static bool both_classes(const struct trainer *t)
{
	size_t spam = 0;

	for (size_t i = 0; i < t->ordered; i++)
		spam += t->order[i]->spam;
	return spam > 0 && spam < t->ordered;
}

/* Gives each in use the score of a model that has not seen its fold. */
static void score_unseen(struct trainer *t, bool by_source)
{
	unsigned folds = by_source ? TRAINER_SOURCES : FOLDS;

	for (unsigned fold = 0; fold < folds; fold++) {
		size_t all;

		choose(t, by_source, UINT32_MAX);
		all = t->ordered;
		choose(t, by_source, fold);
		if (t->ordered == all || !both_classes(t))
			continue;
		fit(t);
		for (size_t i = 0; i < t->n; i++)
			if (t->v[i]->use && fold_of(t->v[i], by_source) == fold)
				t->v[i]->z = z_of(t, t->v[i]);
	}
}

/* Can every source be left out? */
static bool many_sources(struct trainer *t)
{
	size_t all;

	choose(t, true, UINT32_MAX);
	all = t->ordered;
	for (unsigned s = 0; s < TRAINER_SOURCES; s++) {
		choose(t, true, s);
		if (t->ordered < all && !both_classes(t))
			return false;
	}
	return true;
}

static int by_z(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

/* What 0.1 % of a source's ham reach that it was not trained with. */
static double highest_ham(struct trainer *t, unsigned source, double *z)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i]->use && !t->v[i]->spam &&
		    (source == UINT32_MAX || t->v[i]->source == source))
			z[n++] = t->v[i]->z;
	if (n == 0 || (source != UINT32_MAX && n < TRAINER_HAM_LEAST))
		return 0;
	qsort(z, n, sizeof(*z), by_z);
	return z[n / 1000];
}

/* The unscaled score that shall be 90. */
static double find_sure(struct trainer *t)
{
	double *z = arena_array(t->arena, t->n, sizeof(*z)), sure;
	bool many = many_sources(t);

	score_unseen(t, many);
	sure = highest_ham(t, UINT32_MAX, z);
	for (unsigned s = 0; s < TRAINER_SOURCES; s++) {
		double its = highest_ham(t, s, z);

		if (its > sure)
			sure = its;
	}
	if (!many)
		sure *= NOT_SEEN;
	return sure < SURE_LEAST ? SURE_LEAST : sure;
}

/* --- the record ---------------------------------------------------------- */

static int32_t rounded(double x)
{
	return (int32_t)(x < 0 ? x - 0.5 : x + 0.5);
}

static void fill_head(const struct trainer *t, double scale,
	struct classifier_head *h)
{
	for (size_t i = 0; i < t->ordered; i++)
		if (t->order[i]->spam)
			h->spam++;
		else
			h->ham++;
	for (size_t g = 0; g < FEATURE_CONTENT; g++) {
		h->least[g] = rounded(least_of(g) * scale);
		if (h->least[g] < LEAST)
			h->least[g] = LEAST;
		h->most[g] = g == FEATURE_TEXT ? TEXT_MOST : OTHER_MOST;
	}
	h->ceiling = CEILING;
}

/*
 * Feedback corrects both ways, but no more than so much; and nothing by
 * structure, in which the mail of a site is alike.
 */
static void fill_feedback(const struct trainer *t, struct classifier_head *h)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i]->spam)
			h->spam++;
		else
			h->ham++;
	for (size_t g = 0; g < FEATURE_GROUPS; g++) {
		h->most[g] = g == FEATURE_TEXT ? FEEDBACK_TEXT :
			g == FEATURE_STRUCTURE ? 0 : FEEDBACK_OTHER;
		h->least[g] = -h->most[g];
	}
	h->ceiling = FEEDBACK_ALL;
}

/* Weights in steps of one 127th of the largest. */
static void write_record(struct trainer *t, struct classifier_head *h,
	double scale, struct buf *b)
{
	size_t slots = (size_t)1 << t->bits;
	int8_t *w = arena_array(t->arena, slots, 1);
	double most = 1e-9;

	memcpy(h->magic, CLASSIFIER_MAGIC, sizeof(h->magic));
	h->version = CLASSIFIER_VERSION;
	h->bits = t->bits;
	for (size_t i = 0; i < slots; i++)
		if (__builtin_fabs(t->weight[i]) > most)
			most = __builtin_fabs(t->weight[i]);
	for (size_t i = 0; i < slots; i++)
		w[i] = (int8_t)rounded(t->weight[i] / most * WEIGHT_MOST);
	h->unit = (uint32_t)rounded(most / WEIGHT_MOST * scale * 65536);
	h->hash = classifier_hash(h, w);
	buf_add(b, h, sizeof(*h));
	buf_add(b, w, slots);
}

void trainer_write_feedback(struct trainer *t, uint32_t features,
	struct buf *image_r)
{
	struct classifier_head h = { .features = features };

	fill_feedback(t, &h);
	write_record(t, &h, LOGIT, image_r);
}

int trainer_run(struct trainer *t, uint32_t features, struct buf *image_r,
	struct err *e)
{
	struct classifier_head h = { .features = features };
	double sure;

	t->order = arena_array(t->arena, t->n + 1, sizeof(struct example *));
	choose(t, true, UINT32_MAX);
	if (!both_classes(t))
		return err_set(e, ERR_PERMANENT, "both ham and spam are needed "
			"to learn from");
	sure = find_sure(t);
	choose(t, true, UINT32_MAX);
	fit(t);
	fill_head(t, SURE / sure, &h);
	write_record(t, &h, SURE / sure, image_r);
	return 0;
}

void trainer_score(const struct trainer *t, size_t i,
	const struct classifier *c, struct classifier_score *score_r)
{
	const struct example *x = t->v[i];
	struct feature *v;
	size_t at = 0, n = 0;
	struct arena *a = arena_new("scores", 1 << 24);

	for (size_t g = 0; g < FEATURE_GROUPS; g++)
		n += x->n[g];
	v = arena_array(a, n + 1, sizeof(*v));
	for (size_t g = 0; g < FEATURE_GROUPS; g++)
		for (size_t k = 0; k < x->n[g]; k++, at++)
			v[at] = (struct feature){ .hash = x->hash[at],
				.group = (uint8_t)g };
	classifier_score(c, v, n, score_r);
	arena_free(&a);
}
