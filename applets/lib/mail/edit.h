/*
 * Header edits as bytes: where in the raw message they go, so that a copy
 * can be made without parsing it again.
 */
#ifndef MAIL_EDIT_H
#define MAIL_EDIT_H

#include "mail/header.h"

struct edit_splice {
	uint64_t at, remove;
	struct span insert;
};

/* "Name: value\r\n" at the end of the header block. */
struct edit_splice edit_add_header(const struct header *h, struct span name,
	struct span value, struct arena *a);
/* The same in front of all fields. */
struct edit_splice edit_put_header(struct span name, struct span value,
	struct arena *a);
/* The nth field of that name gets a value, or goes; false: there is none. */
bool edit_change_header(const struct header *h, struct span name,
	unsigned nth, struct span value, struct arena *a,
	struct edit_splice *s_r);
bool edit_remove_header(const struct header *h, struct span name,
	unsigned nth, struct edit_splice *s_r);

/*
 * UTF-8 text as a header value: ASCII as it is, else RFC 2047 encoded words
 * of at most 75 characters, folded. No CR, LF or NUL survives.
 */
struct span edit_encode_text(struct span utf8, struct arena *a);

#endif
