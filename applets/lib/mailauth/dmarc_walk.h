/*
 * Inside DMARC: the tree walk (RFC 9989 section 4.10). All its names are
 * asked at once, at most DMARC_WALK_MAX.
 */
#ifndef MAILAUTH_DMARC_WALK_H
#define MAILAUTH_DMARC_WALK_H

#include "mailauth/dmarc_record.h"
#include "mailauth/lookup.h"

enum { DMARC_WALK_MAX = 8 };

struct dmarc_level {
	struct span domain;
	enum ask_state state;	/* YES: exactly one record; NO; PENDING;
				   LATER */
	struct dmarc_record record;
};

struct dmarc_walk {
	struct dmarc_level levels[DMARC_WALK_MAX]; /* longest name first */
	size_t n;
	size_t end;		/* levels up to the one that stops the walk */
	bool pending;		/* of these */
	bool unsure;		/* one of these gave no answer */
	struct span organisation; /* unless pending or unsure */
};

/* Of A-labels. Spans are in domain, or in the arena. */
void dmarc_walk(struct lookup *l, struct span domain, struct arena *a,
	struct dmarc_walk *w_r);
/* Only asks. */
void dmarc_walk_ask(struct lookup *l, struct span domain, struct arena *a);

/* The level of that name; NULL: not among those. */
const struct dmarc_level *dmarc_walk_level(const struct dmarc_walk *w,
	struct span domain);
/*
 * Where the policy is (section 4.10.1): the domain's own record, that of its
 * organisation, that of the public suffix above it. NULL: nowhere.
 */
const struct dmarc_level *dmarc_walk_policy(const struct dmarc_walk *w);

/*
 * An unsure walk: could that name have the same organisation, were all
 * answers known?
 */
bool dmarc_walk_could_hold(const struct dmarc_walk *w, struct span name);

#endif
