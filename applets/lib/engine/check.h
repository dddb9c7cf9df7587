/*
 * A check looks at one message and may hit. One file each in engine/checks,
 * ending in `const struct check NAME_check`; the table is made by the build.
 *
 * A check has three answers: hit (it called facts_hit), no hit, or later: it
 * could not know in time. "Later" is a fact that policy sees.
 */
#ifndef ENGINE_CHECK_H
#define ENGINE_CHECK_H

#include "engine/ask.h"
#include "engine/facts.h"
#include "engine/rules.h"

enum check_state { CHECK_NO, CHECK_HIT, CHECK_LATER };

enum check_stage {
	CHECK_LOCAL,	/* runs while questions are under way */
	CHECK_ANSWERED,	/* runs when the answers are there */
};

struct check {
	const char *name;
	enum check_stage stage;
	/* Puts questions to the world; NULL: none. */
	void (*ask)(struct facts *f, const struct ask *ask);
	enum check_state (*run)(struct facts *f);
};

enum { CHECK_SCORE_MAX = 30000 };

/*
 * Runs all checks, then the rules (NULL: none), which weigh what the checks
 * state. Answers are waited for until the monotonic deadline. A score above
 * CHECK_SCORE_MAX is cut by a hit of its own, "SCORE_CAP".
 */
void check_run_all(struct facts *f, const struct rules *rules,
	const struct ask *ask, int64_t deadline_ms);

/*
 * The spam probability of a score, 0 to 100: the logistic function of
 * (score - 6000) / 1000, rounded, as a table: without evidence mail is spam
 * with log-odds of -6, shown as 0; 6000 is 50, 8197 is 90.
 */
uint8_t check_probability(int32_t score);
/* The least score that has this probability; of 0 the score 0. */
int32_t check_score(uint8_t probability);

#endif
