/*
 * How a MIME tree grows: for the readers of this layer (mime_*.c) only.
 *
 * All parts of a message share the limits, the arena and the budgets that
 * mime_parse() was given; they stay in mime->tree, so that mime_open() may add
 * parts to the same tree later. Functions that add return NULL, with the flag
 * set, when a limit is reached.
 */
#ifndef MAIL_MIME_TREE_H
#define MAIL_MIME_TREE_H

#include "mail/mime.h"

struct mime_tree {
	struct mail_limits limits;
	struct arena *arena;
	size_t cap;		/* of mime->parts */
	size_t fields;		/* still allowed, of all parts */
	size_t decoded;		/* bytes out of all decoders so far */
};

/* An empty part as the last child of `parent` (NULL: the root). */
struct mime_part *mime_add_part(struct mime *m, struct mime_part *parent,
	enum mime_origin origin);

/*
 * A file found inside `parent`: a part of origin MIME_EMBEDDED whose content
 * is ready. type, lower case, and name (decoded UTF-8, or empty) are kept, not
 * copied; an empty type means application/octet-stream.
 */
struct mime_part *mime_add_embedded(struct mime *m, struct mime_part *parent,
	struct span type, struct span name, struct span content);

/*
 * An entity (header and body) with all that is in it, as a sub-tree below
 * `parent`; returns its first part, of the given origin. `raw` may be bytes
 * that a decoder made: they must live as long as the arena.
 */
struct mime_part *mime_add_entity(struct mime *m, struct mime_part *parent,
	enum mime_origin origin, struct span raw);

/* Sets a part's flags after the parse, and the message's. */
void mime_flag(struct mime *m, struct mime_part *p, unsigned flags);

bool mime_is_multipart(const struct mime_part *p);
bool mime_is_message(const struct mime_part *p); /* rfc822 or global */

/*
 * Type, charset, names, disposition and encoding from the fields of a part;
 * returns the boundary of a multipart, or empty.
 */
struct span mime_read_fields(const struct mime_tree *t, struct mime_part *p);

#endif
