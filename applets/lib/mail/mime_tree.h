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
#include "mail/param.h"

struct mime_tree {
	struct mail_limits limits;
	struct arena *arena;
	size_t cap;		/* of mime->parts */
	size_t fields;		/* still allowed, of all parts */
	size_t decoded;		/* bytes out of all decoders so far */
	size_t readings, tries;	/* still allowed: kept, and looked at */
	size_t reread;		/* bytes that readings may still look at */
	size_t settled;		/* parts that are done with */
	bool settling;
};

/* How a sub-tree is read, where it is not as the standards say. */
enum mime_mode {
	MIME_CR = 1 << 0,	/* a bare CR ends a line */
	MIME_LONGER = 1 << 1,	/* a line that goes on behind a boundary */
	MIME_MIDLINE = 1 << 2,	/* a boundary may stand inside a line */
	MIME_OUTER = 1 << 3,	/* a boundary used twice is the outer one */
};

/* Why a part may have other readings, and what is still to be done. */
enum mime_doubt {
	MIME_DOUBT_TYPE = 1 << 0,
	MIME_DOUBT_BOUNDARY = 1 << 1,
	MIME_DOUBT_ENCODING = 1 << 2,
	MIME_DOUBT_HEADER = 1 << 3, /* where the header ends */
	MIME_DOUBT_NUL = 1 << 4, /* in the header */
	MIME_DOUBT_CR = 1 << 5,	/* a bare CR in the entity */
	MIME_DOUBT_LONGER = 1 << 6,
	MIME_DOUBT_MIDLINE = 1 << 7,
	MIME_DOUBT_OUTER = 1 << 8,
	MIME_DOUBT_OUTSIDE = 1 << 9, /* a preamble that is an entity */
	MIME_OPENED = 1 << 10,	/* no doubt: its children were inside of it */
};

/* What a reading of an entity has of its own. */
struct mime_view {
	unsigned modes;		/* of the sub-tree */
	const struct header *header; /* of the entity; NULL: as it reads */
	struct span type;	/* p is not NULL: this type, boundary and */
	struct span boundary;	/* encoding, not those of its fields */
	enum mime_encoding encoding;
	bool decoded;		/* a multipart is divided when decoded */
	const struct mime_part *like; /* not NULL: the fields say the same as
					 there, and need not be read again */
};

/* An empty part as the last child of `parent` (NULL: at the root). */
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
 * An entity (header and body) with all that is in it in all readings, as a
 * sub-tree below `parent`; returns its first part, of the given origin. `raw`
 * may be bytes that a decoder made: they must live as long as the arena.
 */
struct mime_part *mime_add_entity(struct mime *m, struct mime_part *parent,
	enum mime_origin origin, struct span raw);

/* Sets a part's flags after the parse, and the message's. */
void mime_flag(struct mime *m, struct mime_part *p, unsigned flags);

bool mime_is_multipart(const struct mime_part *p);
bool mime_is_message(const struct mime_part *p); /* it holds an entity */
bool mime_is_encoded(const struct mime_part *p); /* base64 or QP */
bool mime_is_type(struct span s); /* type/subtype, RFC 2045 section 5.1 */
struct span mime_lower(struct span s, struct arena *a);

/* The next part in document order below `top`, readings left out; NULL. */
struct mime_part *mime_next(const struct mime_part *p,
	const struct mime_part *top);

/* Does what `b` holds stand in `a`, too, part by part? */
bool mime_covers(const struct mime_part *a, const struct mime_part *b);

/* Everything that the fields of a part say, boundary and names included. */
void mime_read_fields(const struct mime_tree *t, struct mime_part *p);
void mime_read_names(const struct mime_tree *t, struct mime_part *p,
	const struct params *type, const struct params *disposition);

/* One reading of an entity; `v` may be NULL. */
struct mime_part *mime_read(struct mime *m, struct mime_part *parent,
	enum mime_origin origin, struct span raw, const struct mime_view *v);
/* A part that has only its raw bytes becomes an entity. */
void mime_read_into(struct mime *m, struct mime_part *p);
/* The parts of a multipart whose body was encoded. */
void mime_read_decoded(struct mime *m, struct mime_part *p,
	struct span content);

/* Candidates where a field is in doubt, the strict one not left out. */
enum { MIME_GUESSES = 24 };
struct mime_guesses {
	struct span v[MIME_GUESSES];
	size_t n;
};
void mime_guess_types(const struct mime_part *p, struct arena *a,
	struct mime_guesses *g);
void mime_guess_boundaries(const struct mime_part *p, struct arena *a,
	struct mime_guesses *g);
/* Bits of 1 << enum mime_encoding; MIME_BINARY stands for "not encoded". */
unsigned mime_guess_encodings(const struct mime_part *p, struct arena *a);

/* Opens what a part holds when it is decoded: messages and their like. */
void mime_open_nested(struct mime *m, struct mime_part *p);
/* Adds all other readings of a part. */
void mime_add_readings(struct mime *m, struct mime_part *p);

#endif
