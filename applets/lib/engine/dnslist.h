/*
 * Questions to DNS lists (RFC 5782): is the relay's address under a zone that
 * the policy names; is something under a list that is data (dnstable.h)?
 *
 * A name is asked once, however many recipients want to know. All questions
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
	DNSLIST_ASKED_MAX = 120, /* of one message, to lists that are data */
	DNSLIST_TYPE_A = 1,	/* RFC 1035 */
};

enum dnslist_state {
	DNSLIST_NO,		/* not listed, or nothing to ask about */
	DNSLIST_HIT,
	DNSLIST_LATER,		/* could not be known in time */
	DNSLIST_REFUSED,	/* the list does not answer us: never a hit */
	DNSLIST_N
};

struct dnstable_list;

struct dnslist {
	struct span zone;	/* lower case; of a list its name */
	const struct dnstable_list *list; /* NULL: a zone of the policy's */
	struct span shown;	/* the name that was asked, without keys */
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
	size_t n, nlists;	/* of zones, of lists */
};

/* Letters, digits and inner hyphens, two labels at least, no final dot. */
bool dnslist_is_zone(struct span zone);

/*
 * The entry of a good zone; asks for it when it is new. A relay without an
 * address, or with one that no public list can know, is not asked about.
 * NULL: there are DNSLIST_ZONES_MAX others.
 */
struct dnslist *dnslist_ask(struct dnslist_set *s, struct span zone);
/*
 * Asks a list about something: "9.113.0.203" (dnslist_reversed), "bad.example",
 * a hash. NULL: its key is missing, this makes no name, or DNSLIST_ASKED_MAX
 * were asked.
 */
struct dnslist *dnslist_ask_list(struct dnslist_set *s,
	const struct dnstable_list *list, struct span what);
/*
 * What is put before a list's zone for a thing as people write it:
 * "203.0.113.9" of a list of addresses is turned. Empty: it is none.
 */
struct span dnslist_what(const struct dnstable_list *list, struct span thing,
	struct arena *a);
/* RFC 5782 sections 2.1 and 2.4: bytes or nibbles, the last one first. */
struct span dnslist_reversed(const struct netaddr *ip, struct arena *a);
/* Not one that means another host everywhere (RFC 6890). */
bool dnslist_is_public(const struct netaddr *ip);
/* An answer, 4 bytes: the list does not serve us; NULL: some list. */
bool dnslist_is_refusal(const struct dnstable_list *list,
	const unsigned char *answer);
/* Waits for what is under way; all entries are settled then. */
void dnslist_collect(struct dnslist_set *s);

#endif
