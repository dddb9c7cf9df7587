/*
 * A feature of a message, as the classifier and its training see it: a hash
 * in a group. Who finds them: engine/features.h.
 */
#ifndef DETECT_FEATURE_H
#define DETECT_FEATURE_H

#include "base/span.h"

enum feature_group {
	FEATURE_TEXT,		/* words and 4-grams of what is read */
	FEATURE_STRUCTURE,	/* fields, parts, pages, how text is written */
	FEATURE_LINKS,		/* URLs, their hosts and shapes */
	FEATURE_SENDER,		/* who it says it is from and to whom */
	FEATURE_CONTENT,	/* those before are of what mail is */
	/* 4-grams of the first bytes as they came, trace fields and all: of
	   the site's own mail, for what its people say of it alone. */
	FEATURE_RAW = FEATURE_CONTENT,
	FEATURE_GROUPS
};

struct feature {
	uint32_t hash;		/* of group, kind and value */
	uint8_t group;		/* enum feature_group */
	const char *kind;	/* "word", "part", "images" … */
	struct span value;	/* p NULL: the number n */
};

#endif
