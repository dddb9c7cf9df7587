/*
 * DKIM (RFC 6376, 8301, 8463): who has signed this message?
 *
 * Of a message's signatures the first DKIM_SIGNATURES_MAX, from the top, are
 * looked at; all their keys are asked for in the first run, and nothing is
 * hashed before all are known. Then each body hash is calculated once for
 * all signatures that share its canonicalisation and length.
 *
 * Words (RFC 8601 2.7.1): pass; fail: the signature or the body's hash does
 * not fit; policy: it may fit, but is not accepted (rsa-sha1 and RSA keys
 * under 1024 bits: RFC 8301; expired; a second From beside the signed one);
 * permerror: a signature or key that is none; temperror: the DNS did not
 * answer.
 */
#ifndef MAILAUTH_DKIM_H
#define MAILAUTH_DKIM_H

#include "mail/header.h"
#include "mailauth/lookup.h"
#include "mailauth/result.h"

enum {
	DKIM_SIGNATURES_MAX = 8,
	DKIM_NAMES_MAX = 512,	/* header fields in h= */
	DKIM_KEYS_MAX = 4,	/* key records of one name that are tried */
	DKIM_KEY_BYTES_MAX = 4096, /* of one key record */
};

/* What is true of a signature, whatever its result, as far as looked at. */
enum dkim_flag {
	DKIM_PARTIAL = 1u << 0,	/* l= leaves an end of the body unsigned:
				   never a pass for DMARC */
	DKIM_WEAK_KEY = 1u << 1, /* RSA under 1024 bits */
	DKIM_SHORT_KEY = 1u << 2, /* RSA of 1024 to 2047 bits */
	DKIM_SHA1 = 1u << 3,	/* rsa-sha1 */
	DKIM_EXPIRED = 1u << 4,	/* x= is over */
	DKIM_FUTURE = 1u << 5,	/* t= is more than an hour ahead */
	DKIM_TESTING = 1u << 6,	/* the key says t=y */
	DKIM_REVOKED = 1u << 7,	/* the key has an empty p= */
	DKIM_SECOND_FROM = 1u << 8, /* more From fields than are signed */
	DKIM_OVERSIGNED = 1u << 9, /* From is signed against another one */
};

/*
 * Names as written, but A-labels for U-labels (RFC 8616), in the arena or the
 * message; empty where not known.
 */
struct dkim_signature {
	enum auth_result result;
	unsigned flags;			/* enum dkim_flag */
	struct span domain, selector;
	struct span identity;		/* i=, decoded, its domain as above;
					   or "@" and the domain */
	struct span algorithm;
	struct span b;			/* the signature, base64 as written */
	unsigned key_bits;		/* 0: there is no key */
	struct span problem;		/* why it is no pass, for people */
};

struct dkim_answer {
	enum auth_result result;	/* the best; none: not signed */
	struct dkim_signature *signatures; /* from the top */
	size_t n;
	size_t more;			/* beyond the most: "policy" */
};

/*
 * message: raw, h: its header, both to outlive the answer. A line that ends
 * in a bare LF counts as one that ends in CRLF. now: seconds since 1970.
 * AUTH_WAIT in result: look up and call again.
 */
void dkim_check(struct lookup *l, struct span message, const struct header *h,
	uint64_t now, struct arena *a, struct dkim_answer *answer_r);

#endif
