/*
 * Regular expressions in linear time: Hyperscan, which only this file sees.
 *
 * The syntax is PCRE's without what cannot be done in linear time: no
 * back-references, no lookaround, no atomic groups, no pattern that fits the
 * empty text. Patterns are compiled once, before any mail; matching allocates
 * nothing and asks the system for nothing, so it works in every sandbox.
 */
#ifndef DETECT_PATTERN_H
#define DETECT_PATTERN_H

#include "base/err.h"
#include "base/span.h"

enum {
	PATTERN_SOURCE_MAX = 4000,	/* bytes of one pattern */
	PATTERN_SIZE_MAX = 8 << 20,	/* of one, compiled */
	PATTERN_ROOM_MAX = 64 << 20,	/* of all in a room */
	PATTERN_TEXT_MAX = 1 << 20,	/* what is behind is not looked at */
};

enum pattern_flag {
	PATTERN_CASELESS = 1u << 0,
	PATTERN_MULTILINE = 1u << 1,	/* ^ and $ at every line */
	PATTERN_DOTALL = 1u << 2,	/* . is also a line end */
	PATTERN_UTF8 = 1u << 3,		/* pattern and text are UTF-8; \w and
					   \b stay ASCII, \p{L} is not */
};

/* Patterns and the memory that matching needs; one thread at a time. */
struct pattern_room;
struct pattern;

/* NULL without memory, or where the processor is too old (SSSE3). */
struct pattern_room *pattern_room_new(struct err *e);
void pattern_room_free(struct pattern_room **r);

/* Lives as long as the room. NULL and *e, with a remedy where there is one. */
struct pattern *pattern_compile(struct pattern_room *r, struct span source,
	unsigned flags, struct err *e);

/* Does it fit anywhere? A text that is no UTF-8 fits no PATTERN_UTF8. */
bool pattern_match(const struct pattern *p, struct span text);
/*
 * The first place that fits, the longest reading of it; points into text.
 * Where the compiled form would be too large to know where a match begins
 * (pattern_can_find says no), nothing is ever found.
 */
bool pattern_find(const struct pattern *p, struct span text,
	struct span *found_r);
bool pattern_can_find(const struct pattern *p);

#endif
