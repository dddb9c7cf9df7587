/*
 * Makes a model (detect/classifier.h) of examples. Single-threaded, in an
 * order that the examples' keys give, in double arithmetic without anybody's
 * libm: the same examples make the same record, bit for bit.
 *
 * Hinge loss by steps that shrink for weights which moved much (AdaGrad).
 * Groups are left out at random in training, so that each stands for itself.
 * Sources are weighed by the square root of their size and class, so that a
 * big old one does not dominate.
 */
#ifndef DETECT_TRAINER_H
#define DETECT_TRAINER_H

#include "base/buf.h"
#include "detect/classifier.h"

enum {
	TRAINER_SOURCES = 64,
	TRAINER_HAM_LEAST = 500, /* of a source that calibrates 90 */
};

struct trainer;

struct trainer *trainer_new(unsigned bits);
void trainer_free(struct trainer **t);

/*
 * One example. source: which collection it is of. key: of the message's
 * content; a second one with the same key is not taken (false).
 */
bool trainer_add(struct trainer *t, unsigned source, bool spam, uint64_t key,
	const struct feature *v, size_t n);
size_t trainer_count(const struct trainer *t);

/* Those that learning uses; at first all. In the order of adding. */
void trainer_use(struct trainer *t, size_t i, bool use);
/*
 * Learns from what is used, finds the scale by leaving out one source at a
 * time, and appends the record. -1: a class is missing.
 */
int trainer_run(struct trainer *t, uint32_t features, struct buf *image_r,
	struct err *e);

/*
 * One message after another, as feedback comes: from nothing, what the
 * message is worth (0: neither), then learning from it.
 */
void trainer_begin(struct trainer *t);
double trainer_guess(struct trainer *t, size_t i);
void trainer_learn(struct trainer *t, size_t i);
/*
 * The same above another model, which gives the example `base` (in logit,
 * 0: as likely as not): learns where both together are not on its side. It
 * counts `step` of an example.
 */
void trainer_correct(struct trainer *t, size_t i, double base, double step);
/* The same of the raw bytes, which are learnt apart (FEATURE_RAW). */
void trainer_correct_raw(struct trainer *t, size_t i, double base,
	double step);
/* Appends what was learnt like that, as a record of small limits. */
void trainer_write_feedback(struct trainer *t, uint32_t features,
	struct buf *image_r);

/* The score of an example by a model. */
void trainer_score(const struct trainer *t, size_t i,
	const struct classifier *c, struct classifier_score *score_r);

#endif
