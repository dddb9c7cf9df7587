/*
 * Received fields (RFC 5321 section 4.4) as MTAs really write them, and which
 * of them may be believed: a field says what its writer saw, so only what a
 * trusted host wrote is more than a claim.
 */
#ifndef MAIL_RECEIVED_H
#define MAIL_RECEIVED_H

#include "base/netaddr.h"
#include "mail/date.h"
#include "mail/header.h"

enum received_flag {
	RECEIVED_NO_FROM = 1u << 0,
	RECEIVED_NO_BY = 1u << 1,
	RECEIVED_NO_DATE = 1u << 2,	/* none, or one that is not possible */
	RECEIVED_NO_IP = 1u << 3,	/* no address that the writer saw */
	RECEIVED_ODD = 1u << 4,		/* neither from nor by, nor qmail's */
	RECEIVED_AMBIG = 1u << 5,	/* a part twice, or two addresses */
	RECEIVED_NETWORK = 1u << 6,	/* qmail: the next field is its own */
	RECEIVED_LOCAL = 1u << 7,	/* qmail: a local user gave it */
	RECEIVED_FORGED = 1u << 8,	/* sendmail: rdns "may be forged" */
	RECEIVED_AUTH = 1u << 9,	/* with ESMTPA, ESMTPSA … (RFC 3848) */
	RECEIVED_TLS = 1u << 10,	/* with ESMTPS, ESMTPSA … */
};

/* Spans point into the unfolded field; a part that is missing is empty. */
struct received {
	struct span helo;	/* what the client called itself */
	struct span rdns;	/* what the writer found; "unknown": empty */
	struct netaddr ip;	/* of the client; n is 0: none */
	struct span by, with, id, rcpt; /* rcpt: "for", without its <> */
	struct date date;
	unsigned flags;
};

void received_parse(struct span value, struct arena *a,
	struct received *r_r);

struct received_chain {
	struct received *v;	/* from the top, the latest first */
	size_t n;
	size_t believed;	/* so many, from the top, trusted hosts wrote */
	struct netaddr relay;	/* the first that is not trusted; n is 0: see
				   `end` */
	struct span helo, rdns;	/* of it, by a believed field; else empty */
	enum received_end {
		RECEIVED_END_RELAY,	/* relay is set */
		RECEIVED_END_TRUSTED,	/* no field is left; all were trusted */
		RECEIVED_END_LOCAL,	/* a trusted host's own user */
		RECEIVED_END_BROKEN,	/* the next believed field tells no
					   single address */
	} end;
};

/*
 * The connecting relay wrote the first field if it is trusted, the client of
 * that field the second, and so on until one that is not trusted. The header
 * is already bounded by its limits.
 */
void received_walk(const struct header *h, const struct netaddr *peer,
	bool (*trusted)(const void *self, const struct netaddr *ip),
	const void *self, struct arena *a, struct received_chain *c_r);

#endif
