/*
 * What the classifier looks at in any message: within the limits, each once;
 * and what its check shows sums to what it counts.
 */
#include "engine/check.h"
#include "engine/content.h"
#include "engine/features.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct check content_check;

static void check_features(const struct features *in)
{
	if (in->n > FEATURES_MAX)
		__builtin_trap();
	for (size_t i = 0; i < in->n; i++)
		if (in->v[i].group >= FEATURE_GROUPS || in->v[i].hash == 0)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct envelope env = { 0 };
	static const struct bundle bundle = { 0 };
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct facts *f = facts_new(&env, &bundle, span_from(data, size), a);
	struct classifier_score score;
	struct classifier model;
	struct features found;
	int32_t sum = 0;
	struct err e;

	if (content_shipped(&model, &e) < 0)
		__builtin_trap();
	f->model = &model;
	f->feedback = &model;
	features_find(f, &found);
	check_features(&found);
	classifier_score(&model, found.v, found.n, &score);
	content_check.run(f);
	for (size_t i = 0; i < f->nhits; i++)
		sum += f->hits[i].weight;
	if (sum != f->score || f->score != 2 * score.sum)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
