/*
 * Canonical forms (RFC 6376 section 3.4), straight into a hash. A line that
 * ends in a bare LF counts as one that ends in CRLF; a bare CR is a byte.
 * Bodies may come in pieces: the hash is the same as at once.
 */
#ifndef MAILAUTH_DKIM_CANON_H
#define MAILAUTH_DKIM_CANON_H

#include "crypto/hash.h"
#include "mail/header.h"

enum { CANON_ROOM = 4096 };

/* A hash with a buffer before it: most pieces are a word long. */
struct canon_hash {
	struct hash hash;
	size_t n;
	unsigned char room[CANON_ROOM];
};

struct canon_body {
	struct canon_hash out;
	bool relaxed;
	uint64_t left;		/* bytes that are still hashed */
	uint64_t total;		/* of the canonical body, all of it */
	uint64_t ends;		/* line ends held back */
	bool cr, blank;		/* held back, too */
};

/* limit: l=, or UINT64_MAX. */
void canon_body_begin(struct canon_body *b, bool relaxed, uint64_t limit);
void canon_body_add(struct canon_body *b, struct span piece);
/* total is then known. */
void canon_body_end(struct canon_body *b,
	unsigned char hash_r[HASH_SHA256_SIZE]);

void canon_header_begin(struct canon_hash *c);
/* One field with its line end. */
void canon_header_add(struct canon_hash *c, bool relaxed,
	struct span message, const struct header_field *f);
/* The signature's own field: without b='s value and without line end. */
void canon_header_own(struct canon_hash *c, bool relaxed, struct span message,
	const struct header_field *f, struct span b_value);
void canon_header_end(struct canon_hash *c,
	unsigned char hash_r[HASH_SHA256_SIZE]);

#endif
