/*
 * How much somebody sent lately: counts by a key, in a bounded table. Within
 * an hour times are known to the minute, within a day to half an hour; what
 * was asked about longest ago is forgotten first. The clock is given.
 *
 * And the questions about it (base/question.h, ASK_RATE): their name is a
 * record of a request, the first record of an answer one of counts.
 */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include "base/buf.h"
#include "base/span.h"

enum {
	RATE_KEYS_MAX = 16384,	/* about 1.3 KB each */
	RATE_KEY_MAX = 600,	/* bytes of a key */
	RATE_SECONDS_MAX = 86400,
};

struct rate_counts {
	uint32_t messages, rcpts;
	uint32_t spam;		/* messages */
};

struct rate_request {
	bool add;		/* counts are added; else they are asked for */
	uint32_t seconds;
	struct rate_counts counts;
	struct span key;	/* "sender carol@example.org" */
};

struct rate_table;

struct rate_table *rate_new(void);
void rate_free(struct rate_table **t);
/* now_ms is monotonic. */
void rate_add(struct rate_table *t, struct span key,
	const struct rate_counts *c, int64_t now_ms);
void rate_get(struct rate_table *t, struct span key, uint32_t seconds,
	int64_t now_ms, struct rate_counts *c_r);
/* How many keys were forgotten before their day was over. */
uint64_t rate_forgotten(const struct rate_table *t);

void rate_put_request(struct buf *b, const struct rate_request *r);
bool rate_get_request(struct span record, struct rate_request *r_r);
void rate_put_counts(struct buf *b, const struct rate_counts *c);
bool rate_get_counts(struct span record, struct rate_counts *c_r);

#endif
