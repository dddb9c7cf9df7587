/*
 * How well scores tell spam from ham, with what chance may have done to it.
 */
#ifndef EVAL_MEASURE_H
#define EVAL_MEASURE_H

#include "base/arena.h"

/* A share in percent with its 95 % bootstrap interval. */
struct share {
	double value, low, high;
};

struct measure {
	size_t ham, spam;
	double missing_area;	/* 1 - area under the ROC curve, percent;
				   negative: a class is missing */
	size_t ham_50, ham_90;	/* ham at or above: false positives */
	size_t spam_50, spam_90; /* spam below: missed */
	struct share missed_1, missed_01; /* spam missed where 1 % and 0.1 %
				   of ham are above; negative: not known */
};

/* A score in 1/1000 logit (engine/check.h) or any other measure. */
struct scored {
	double score;
	bool spam;
};

enum { MEASURE_50 = 6000, MEASURE_90 = 8197 };

void measure_scores(const struct scored *v, size_t n, struct arena *a,
	struct measure *m_r);

#endif
