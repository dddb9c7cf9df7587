/*
 * Many patterns at once, in one pass over a text (Hyperscan): what
 * detect/pattern.h is for one. Compiled once into a record that can be kept;
 * it works on every processor of this kind with SSSE3.
 */
#ifndef DETECT_PATTERNS_H
#define DETECT_PATTERNS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "detect/pattern.h"

enum {
	PATTERNS_MAX = 20000,		/* of a set */
	PATTERNS_TEXT_MAX = 1 << 20,	/* what is behind is not looked at */
};

struct pattern_source {
	struct span text;	/* as for pattern_compile */
	unsigned flags;		/* enum pattern_flag */
};

/*
 * Appends the record of a set; pattern i is called i from then on. -1: *bad_r
 * is the one that is refused (n: none in particular), and *e says why.
 */
int patterns_compile(const struct pattern_source *v, size_t n, struct buf *b,
	size_t *bad_r, struct err *e);

/* Of the library: another one may want another record. */
const char *patterns_version(void);

/* One thread at a time. */
struct patterns;

/*
 * A record of patterns_compile. NULL: it is damaged, or was made by another
 * version of the library or for another processor (*e has ERR_TEMPORARY
 * then: compile it again). The record may go.
 */
struct patterns *patterns_open(struct span record, struct err *e);
void patterns_free(struct patterns **p);

/*
 * Tells each pattern that fits, once, and where its first fit ends. Allocates
 * nothing.
 */
void patterns_scan(const struct patterns *p, struct span text,
	void (*found)(void *self, uint32_t id, size_t end), void *self);

#endif
