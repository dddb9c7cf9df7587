/*
 * The content classifier: a linear model over hashed features, weighed apart
 * in groups, each with limits of its own. Pure; the model is a flat record
 * that is used where it lies, so that all scanners share one mapping.
 *
 * The record, little-endian: struct classifier_head, then 1 << bits weights
 * of one signed byte. A group of n features gives
 *	sum of weights * unit / n^0.4
 * in 1/1000 logit, where unit is `unit`/65536. What it says in favour of
 * mail from structure, links and sender is worth little (anybody can look
 * like ordinary mail), so the lower limits of those are near 0.
 */
#ifndef DETECT_CLASSIFIER_H
#define DETECT_CLASSIFIER_H

#include "base/err.h"
#include "detect/feature.h"

#define CLASSIFIER_MAGIC "pm-model"

enum {
	CLASSIFIER_VERSION = 2,
	CLASSIFIER_BITS_MIN = 8, CLASSIFIER_BITS_MAX = 22,
};

struct classifier_head {
	char magic[8];
	uint32_t version;
	uint32_t features;	/* FEATURES_VERSION it was trained with */
	uint32_t bits;		/* 1 << bits weights */
	uint32_t unit;		/* 1/65536 of 1/1000 logit */
	int32_t least[FEATURE_GROUPS], most[FEATURE_GROUPS]; /* 1/1000 logit */
	int32_t ceiling;	/* of their sum */
	uint32_t reserved;	/* 0 */
	uint32_t ham, spam;	/* messages it was trained with */
	uint64_t hash;		/* of head with this 0, and weights */
};

struct classifier {
	struct classifier_head head;
	const int8_t *weights;	/* in the image */
};

/* 1/1000 logit. sum = the groups' + cap, exactly. */
struct classifier_score {
	int32_t group[FEATURE_GROUPS];	/* not below `least` */
	size_t n[FEATURE_GROUPS];	/* features */
	int32_t cap;			/* what `most` and ceiling took */
	int32_t sum;
};

/*
 * image must outlive *c_r. Errors: another format or
 * version, a cut or a changed file.
 */
int classifier_open(struct span image, uint32_t features,
	struct classifier *c_r, struct err *e);
void classifier_score(const struct classifier *c, const struct feature *v,
	size_t n, struct classifier_score *score_r);
/* What one feature gives among n of its group, in 1/1000 logit. */
int32_t classifier_part(const struct classifier *c, const struct feature *v,
	size_t n);

/* For who makes a record: its hash; n^-0.4 in the same bits everywhere. */
uint64_t classifier_hash(const struct classifier_head *head,
	const int8_t *weights);
double classifier_norm(size_t n);

#endif
