#include "engine/check.h"


#define X(name) extern const struct check name##_check;
#include "checks.def"
#undef X

static const struct check *const checks[] = {
#define X(name) &name##_check,
#include "checks.def"
#undef X
};

enum { CHECKS = sizeof(checks) / sizeof(*checks) };

static void run_stage(struct facts *f, enum check_stage stage)
{
	for (size_t i = 0; i < CHECKS; i++)
		if (checks[i]->stage == stage &&
		    checks[i]->run(f) == CHECK_LATER &&
		    f->nlater < FACTS_HITS_MAX)
			f->later[f->nlater++] = checks[i]->name;
}

void check_run_all(struct facts *f, const struct rules *rules,
	const struct ask *ask, int64_t deadline_ms)
{
	for (size_t i = 0; i < CHECKS; i++)
		if (checks[i]->ask)
			checks[i]->ask(f, ask);
	run_stage(f, CHECK_LOCAL);
	if (f->auth)
		auth_finish(f->auth, deadline_ms);
	ask->collect(ask->self, deadline_ms);
	run_stage(f, CHECK_ANSWERED);
	if (rules)
		rules_run(rules, f);
	if (f->score > CHECK_SCORE_MAX)
		facts_hit(f, "SCORE_CAP", CHECK_SCORE_MAX - f->score,
			SPAN("the highest score is 30"));
	f->probability = check_probability(f->score);
}

/* The least score of each probability from 1: 6000 + 1000 * ln((p - 0.5) /
 * (100.5 - p)), rounded. */
static const int16_t least[100] = {
	707, 1815, 2336, 2683, 2945, 3156, 3334, 3488, 3624, 3746,
	3857, 3959, 4054, 4143, 4226, 4304, 4379, 4449, 4517, 4582,
	4645, 4705, 4763, 4820, 4875, 4928, 4980, 5031, 5080, 5129,
	5176, 5223, 5269, 5314, 5359, 5403, 5446, 5489, 5532, 5574,
	5615, 5657, 5698, 5739, 5779, 5820, 5860, 5900, 5940, 5980,
	6020, 6060, 6100, 6140, 6180, 6221, 6261, 6302, 6343, 6385,
	6426, 6468, 6511, 6554, 6597, 6641, 6686, 6731, 6777, 6824,
	6871, 6920, 6969, 7020, 7072, 7125, 7180, 7237, 7295, 7355,
	7418, 7483, 7551, 7621, 7696, 7774, 7857, 7946, 8041, 8143,
	8254, 8376, 8512, 8666, 8844, 9055, 9317, 9664, 10185, 11293,
};

uint8_t check_probability(int32_t score)
{
	uint8_t p = 0;

	while (p < 100 && score >= least[p])
		p++;
	return p;
}

int32_t check_score(uint8_t probability)
{
	return probability ? least[probability - 1] : 0;
}
