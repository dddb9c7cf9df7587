/*
 * What a DKIM-Signature field says (RFC 6376 section 3.5), checked.
 */
#ifndef MAILAUTH_DKIM_FIELD_H
#define MAILAUTH_DKIM_FIELD_H

#include "mailauth/dkim.h"
#include "mailauth/dkim_tags.h"

struct dkim_field {
	const struct header_field *field;
	struct span b_raw;		/* b='s value in the field */
	struct span signature, body_hash; /* b= and bh=, decoded */
	struct span names;		/* h= */
	bool ed25519;
	bool relaxed_header, relaxed_body;
	uint64_t length;		/* l=; UINT64_MAX: all of the body */
	uint64_t made, expires;		/* t=, x= */
};

/*
 * Fills domain, selector, identity, algorithm, flags and, where it is over
 * already, result and problem of *s; result is AUTH_WAIT when a key is
 * needed. Texts are in the arena or the message.
 */
void dkim_field_read(const struct header_field *f, uint64_t now,
	struct arena *a, struct dkim_field *field_r, struct dkim_signature *s);

#endif
