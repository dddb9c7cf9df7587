/*
 * One order for all that a search finds in the database's quarantine, which
 * can be taken back as one. Each message has a transaction of its own: cut
 * off, what was done is done, remembered, and can be undone.
 */
#ifndef STORE_QUARANTINE_ACTION_H
#define STORE_QUARANTINE_ACTION_H

#include "store/quarantine.h"

enum { QUARANTINE_ACTION_MAX = 1000000 };

enum quarantine_act {
	QUARANTINE_ACT_NONE, QUARANTINE_ACT_RELEASE, QUARANTINE_ACT_DELETE,
	QUARANTINE_ACT_KEEP, QUARANTINE_ACT_UNKEEP, QUARANTINE_ACTS
};

/* "released", "deleted", "kept", "unkept" */
const char *quarantine_act_done(enum quarantine_act act);

struct quarantine_tally {
	struct id action;
	uint64_t found;		/* messages, when it began */
	uint64_t done;		/* it had an effect for */
	uint64_t recipients;	/* of those */
	uint64_t passed;	/* somebody else was first, or they are gone */
	uint64_t on_disk;	/* left alone: they are not there yet */
	uint64_t sent;		/* undo: it is too late for these */
};

/*
 * Carries out `act` for what f finds, at most f->limit or
 * QUARANTINE_ACTION_MAX, and for the recipients of f->group alone when it is
 * given (keep and unkeep are for a whole message); o has who, how, and what
 * goes with each order, not its key. `search` is remembered, for people. With
 * dry it only counts. -1 and *e: it was cut off, *tally_r says what was done
 * until then.
 */
int quarantine_act_on_found(const struct quarantine *q,
	enum quarantine_act act, const struct quarantine_filter *f,
	const struct quarantine_order *o, const char *search, bool dry,
	struct quarantine_tally *tally_r, struct err *e);

/*
 * Takes an action back, for the recipients who are still as it left them.
 * Again, or twice at once, it is done once. Permanent error: no such action.
 */
int quarantine_act_undo(const struct quarantine *q, const struct id *action,
	const struct quarantine_order *o, struct quarantine_tally *tally_r,
	struct err *e);

#endif
