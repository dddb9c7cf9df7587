/*
 * Private to features*.c: what they gather in.
 */
#ifndef ENGINE_FEATURES_PUT_H
#define ENGINE_FEATURES_PUT_H

#include "engine/features.h"

struct gathered {
	struct facts *f;
	struct features *to;
	enum feature_group group;	/* of what is put */
	uint32_t *seen;			/* hashes, open addressing */
	struct span text;		/* folded, what is read */
};

/* Adds a feature of the group, if it is new. */
void features_put(struct gathered *g, const char *kind, struct span value);
/* Adds a count as its power of two (0, 1, 2, 3-4, 5-8 …). */
void features_put_count(struct gathered *g, const char *kind, size_t n);
/* Adds a number as it is. */
void features_put_number(struct gathered *g, const char *kind, size_t n);
/* Adds the share of n in all, in eighths; nothing of nothing. */
void features_put_share(struct gathered *g, const char *kind, size_t n,
	size_t all);

void features_of_structure(struct gathered *g);
void features_of_page(struct gathered *g);
void features_of_links(struct gathered *g);
void features_of_sender(struct gathered *g);

#endif
