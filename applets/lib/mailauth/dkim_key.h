/*
 * A DKIM key record (RFC 6376 section 3.6.1, RFC 8463 section 4).
 */
#ifndef MAILAUTH_DKIM_KEY_H
#define MAILAUTH_DKIM_KEY_H

#include "base/arena.h"
#include "base/span.h"

struct dkim_key {
	bool ed25519;
	bool revoked;		/* p= is empty */
	bool testing, strict;	/* t=y, t=s */
	struct span bytes;	/* p=, decoded, in the arena */
};

/* NULL, or why it cannot be used to verify mail, for people. */
const char *dkim_key_read(struct span record, struct arena *a,
	struct dkim_key *key_r);

#endif
