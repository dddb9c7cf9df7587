/*
 * DNS lists of hosts (RFC 5782): is the address of the relay under a zone?
 *
 * A zone is asked once, however many recipients want to know. All questions
 * go out before anything waits: dnslist_ask never does, dnslist_collect waits
 * for all of them.
 */
#ifndef ENGINE_DNSLIST_H
#define ENGINE_DNSLIST_H

#include "base/netaddr.h"
#include "engine/ask.h"

enum {
	DNSLIST_ZONE_MAX = 180,	/* with the nibbles of IPv6 still a name */
	DNSLIST_ZONES_MAX = 64,	/* of one message */
	DNSLIST_TYPE_A = 1,	/* RFC 1035 */
};

enum dnslist_state {
	DNSLIST_NO,		/* not listed, or nothing to ask about */
	DNSLIST_HIT,
	DNSLIST_LATER,		/* could not be known in time */
	DNSLIST_REFUSED,	/* the list does not answer us: never a hit */
	DNSLIST_N
};

struct dnslist {
	struct span zone;	/* lower case */
	struct question question; /* without a name: was not asked */
	bool settled;		/* the next three are known */
	enum dnslist_state state;
	struct span answer;	/* the first address, "127.0.0.2", or empty */
	struct span why;	/* why later: "refused", "timeout", … */
	struct dnslist *next;
};

/* Of one message, or of one stage of its session. Costs nothing unused. */
struct dnslist_set {
	const struct ask *ask;
	int64_t deadline_ms;	/* monotonic: then LATER */
	struct span relay_addr;
	struct arena *arena;
	struct dnslist *first;
	size_t n;
};

/* Letters, digits and inner hyphens, two labels at least, no final dot. */
bool dnslist_is_zone(struct span zone);

/*
 * The entry of a good zone; asks for it when it is new. A relay without an
 * address, or with one that no public list can know, is not asked about.
 * NULL: there are DNSLIST_ZONES_MAX others.
 */
struct dnslist *dnslist_ask(struct dnslist_set *s, struct span zone);
/* Waits for what is under way; all entries are settled then. */
void dnslist_collect(struct dnslist_set *s);

#endif
