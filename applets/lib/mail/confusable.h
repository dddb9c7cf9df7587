/*
 * Names that look like other names: Unicode Technical Standard 39, by ICU.
 *
 * A name is UTF-8 and may be anything people read: a host, a display name, a
 * file name. What is judged are facts; names in one script other than Latin
 * are ordinary.
 */
#ifndef MAIL_CONFUSABLE_H
#define MAIL_CONFUSABLE_H

#include "base/arena.h"
#include "base/span.h"

enum confusable_flag {
	CONFUSABLE_MIXED = 1u << 0,	/* scripts mixed beyond what UTS 39
					   calls highly restrictive */
	CONFUSABLE_DIGITS = 1u << 1,	/* digits of two systems */
	CONFUSABLE_ASCII = 1u << 2,	/* beyond ASCII, but looks like it */
	CONFUSABLE_INVISIBLE = 1u << 3,	/* zero-width characters */
	CONFUSABLE_BIDI = 1u << 4,	/* bidirectional overrides, isolates */
};

enum { CONFUSABLE_MAX = 1024 };	/* bytes of a name that are looked at */

/* What is odd about a name; of a host's name each label is judged apart. */
unsigned confusable_flags(struct span name, struct arena *a);
unsigned confusable_host_flags(struct span host, struct arena *a);

/*
 * The skeleton (UTS 39, section 4) in lower case: two names look alike when
 * theirs are equal. For comparing only, never for showing.
 */
struct span confusable_skeleton(struct span name, struct arena *a);

/* Different names that look alike. */
bool confusable_same(struct span one, struct span other, struct arena *a);
/* The same of hosts in A-labels or U-labels; accents do not count. */
bool confusable_same_host(struct span one, struct span other,
	struct arena *a);

#endif
