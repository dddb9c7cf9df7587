/*
 * Tag lists (RFC 6376 section 3.2), strictly: "v=1; a=rsa-sha256; ...". UTF-8
 * in values is allowed (RFC 8616). Nothing is copied.
 */
#ifndef MAILAUTH_DKIM_TAGS_H
#define MAILAUTH_DKIM_TAGS_H

#include "base/arena.h"
#include "base/span.h"

enum { DKIM_TAGS_MAX = 48 };

struct dkim_tag {
	struct span name;
	struct span value;	/* without blanks at its ends */
	struct span raw;	/* all between "=" and ";" */
};

struct dkim_tags {
	struct dkim_tag tag[DKIM_TAGS_MAX];
	size_t n;
};

/* NULL, or why it is no tag list, for people. */
const char *dkim_tags_parse(struct span s, struct dkim_tags *tags_r);

/* NULL: not there. Names are compared with case. */
const struct dkim_tag *dkim_tags_find(const struct dkim_tags *t,
	const char *name);
/* Its value; an empty span when it is not there. */
struct span dkim_tags_value(const struct dkim_tags *t, const char *name);

/* One of a list "a : b : c"; the case of letters counts. */
bool dkim_list_has(struct span list, const char *word);
/* Takes the next word, blanks off. False: no more. */
bool dkim_list_next(struct span *rest, struct span *word_r);

/* Base64 with blanks anywhere. False: it is not, or empty. */
bool dkim_base64(struct span s, struct arena *a, struct span *bytes_r);

#endif
