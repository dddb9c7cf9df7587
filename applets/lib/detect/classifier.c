#include "detect/classifier.h"

#include <string.h>

#include "base/map.h"

enum { ROOT_STEPS = 60 };

/* Newton's way to the fifth root of n², only by what IEEE 754 rounds. */
double classifier_norm(size_t n)
{
	double a = (double)n * (double)n, x = a;

	if (n < 2)
		return 1;
	for (unsigned i = 0; i < ROOT_STEPS; i++)
		x = (4 * x + a / (x * x * x * x)) / 5;
	return 1 / x;
}

uint64_t classifier_hash(const struct classifier_head *head,
	const int8_t *weights)
{
	struct classifier_head h = *head;
	uint64_t key[2] = { 1, 0 };

	h.hash = 0;
	key[1] = map_hash(key, span_from(&h, sizeof(h)));
	return map_hash(key, span_from(weights, (size_t)1 << h.bits));
}

static bool head_ok(const struct classifier_head *h, size_t size)
{
	if (h->bits < CLASSIFIER_BITS_MIN || h->bits > CLASSIFIER_BITS_MAX ||
	    size != sizeof(*h) + ((size_t)1 << h->bits) ||
	    h->ceiling < 0)
		return false;
	for (size_t g = 0; g < FEATURE_GROUPS; g++)
		if (h->least[g] > 0 || h->most[g] < 0)
			return false;
	return true;
}

int classifier_open(struct span image, uint32_t features,
	struct classifier *c_r, struct err *e)
{
	struct classifier_head *h = &c_r->head;

	if (image.n < sizeof(*h) || !span_starts(image,
			SPAN(CLASSIFIER_MAGIC)))
		return err_set(e, ERR_PERMANENT, "is no model of pm train");
	memcpy(h, image.p, sizeof(*h));
	c_r->weights = (const int8_t *)image.p + sizeof(*h);
	if (h->version != CLASSIFIER_VERSION || h->features != features)
		return err_set(e, ERR_PERMANENT, "is of version %u.%u, this "
			"pm reads %u.%u: train it again", h->version,
			h->features, (unsigned)CLASSIFIER_VERSION, features);
	if (!head_ok(h, image.n) || classifier_hash(h, c_r->weights) != h->hash)
		return err_set(e, ERR_PERMANENT, "is cut or changed: its hash "
			"is wrong");
	return 0;
}

static int32_t weight(const struct classifier *c, uint32_t hash)
{
	return c->weights[hash & ((1u << c->head.bits) - 1)];
}

/* Rounded to the nearest, halves away from 0. */
static int32_t scaled(const struct classifier *c, int64_t sum, size_t n)
{
	double x = (double)sum * c->head.unit / 65536 * classifier_norm(n);

	return (int32_t)(x < 0 ? x - 0.5 : x + 0.5);
}

static int32_t at_most(int32_t x, int32_t most)
{
	return x < most ? x : most;
}

void classifier_score(const struct classifier *c, const struct feature *v,
	size_t n, struct classifier_score *score_r)
{
	const struct classifier_head *h = &c->head;
	int64_t sum[FEATURE_GROUPS] = { 0 };
	int32_t all = 0, capped = 0;

	memset(score_r, 0, sizeof(*score_r));
	for (size_t i = 0; i < n; i++) {
		sum[v[i].group] += weight(c, v[i].hash);
		score_r->n[v[i].group]++;
	}
	for (size_t g = 0; g < FEATURE_GROUPS; g++) {
		int32_t its = scaled(c, sum[g], score_r->n[g]);

		score_r->group[g] = its < h->least[g] ? h->least[g] : its;
		all += score_r->group[g];
		capped += at_most(score_r->group[g], h->most[g]);
	}
	score_r->sum = at_most(capped, h->ceiling);
	score_r->cap = score_r->sum - all;
}

int32_t classifier_part(const struct classifier *c, const struct feature *v,
	size_t n)
{
	return scaled(c, weight(c, v->hash), n);
}
