/*
 * What a DKIM-Signature field says (RFC 6376 section 3.5), checked; and
 * ARC-Message-Signature and ARC-Seal (RFC 8617 sections 4.1.2 and 4.1.3),
 * which are defined by their differences to it.
 */
#ifndef MAILAUTH_DKIM_FIELD_H
#define MAILAUTH_DKIM_FIELD_H

#include "mailauth/dkim.h"
#include "mailauth/dkim_tags.h"

enum dkim_kind {
	DKIM_SIGNATURE,
	DKIM_ARC_MESSAGE,	/* i= is an instance; From may be unsigned */
	DKIM_ARC_SEAL,		/* cv=, and neither h= nor a body */
};

struct dkim_field {
	enum dkim_kind kind;
	const struct header_field *field;
	struct span b_raw;		/* b='s value in the field */
	struct span signature, body_hash; /* b= and bh=, decoded */
	struct span names;		/* h= */
	bool ed25519;
	bool relaxed_header, relaxed_body;
	uint64_t length;		/* l=; UINT64_MAX: all of the body */
	uint64_t made, expires;		/* t=, x= */
	unsigned instance;		/* ARC's i=; 0: not proper */
	struct span chain;		/* a seal's cv= */
};

/*
 * Fills domain, selector, identity, algorithm, flags and, where it is over
 * already, result and problem of *s; result is AUTH_WAIT when a key is
 * needed. Texts are in the arena or the message.
 */
void dkim_field_read(const struct header_field *f, enum dkim_kind kind,
	uint64_t now, struct arena *a, struct dkim_field *field_r,
	struct dkim_signature *s);

/* ARC's i=: one or two digits, 1 to ARC_SETS_MAX; 0: it is none. */
unsigned dkim_instance(struct span digits);

#endif
