/*
 * Do DNS lists work (RFC 5782 section 5)? Each is asked for what it lists and
 * for what it must not list. A list that fails is an alarm; what it says of
 * mail counts for nothing meanwhile (net/zones.h, dnslist.h).
 */
#ifndef ENGINE_DNSPROBE_H
#define ENGINE_DNSPROBE_H

#include "engine/dnslist.h"

enum dnsprobe_state {
	DNSPROBE_GOOD,
	DNSPROBE_NO_KEY,	/* nobody is asked */
	DNSPROBE_SILENT,	/* does not answer, or rests */
	DNSPROBE_REFUSES,	/* does not answer us */
	DNSPROBE_EVERYTHING,	/* lists what it must not */
	DNSPROBE_NOTHING,	/* does not list what it must */
	DNSPROBE_STATES
};

struct dnsprobe {
	const struct dnstable_list *list;
	enum dnsprobe_state state;
	struct span text;	/* for people, without keys: "works", "refuses
				   us: it answers 127.255.255.254" */
	int64_t took_ms;	/* until its last answer */
	struct question test, clean; /* private */
};

/* Asks all of these lists at once; waits until the deadline at most. */
void dnsprobe_run(const struct dnstable_list *const *lists, size_t n,
	const struct ask *ask, int64_t deadline_ms, struct arena *a,
	struct dnsprobe *probes_r);

#endif
