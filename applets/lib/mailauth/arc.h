/*
 * ARC (RFC 8617): what earlier hosts found, and who vouches for it.
 *
 * As with DKIM all keys are asked for in the first run, and weak keys,
 * rsa-sha1 and what has expired are no pass. A newest ARC-Message-Signature
 * whose l= leaves an end of the body unsigned is none either: who added that
 * end has vouched for nothing.
 */
#ifndef MAILAUTH_ARC_H
#define MAILAUTH_ARC_H

#include "mailauth/dkim.h"

enum { ARC_SETS_MAX = 50 };	/* section 4.2.1 */

struct arc_set {
	/* The fields, in the order in which seals are over them. */
	const struct header_field *results_field, *message_field, *seal_field;
	struct span domain, selector;	/* of its seal */
	struct span results;		/* ARC-Authentication-Results, unfolded,
					   without "i=N;" */
};

struct arc_answer {
	enum auth_result result;	/* none, pass, fail; temperror: a key
					   could not be had */
	struct arc_set *sets;		/* from i=1; empty unless pass */
	size_t n;
	unsigned oldest_pass;		/* section 5.2: 0 when all
					   ARC-Message-Signatures pass */
	unsigned highest;		/* i= of the newest set; what a sealer
					   continues; 0: none */
	bool closed;			/* the newest set says that the chain
					   has failed: nobody continues it */
	struct span problem;		/* why it is no pass, for people */
};

/* As dkim_check: message raw, AUTH_WAIT means look up and call again. */
void arc_check(struct lookup *l, struct span message, const struct header *h,
	uint64_t now, struct arena *a, struct arc_answer *answer_r);

#endif
