/*
 * The quarantine on disk, where withheld mail lies until the archiver has
 * moved it to the database (store/quarantine.h): quarantine/DAY/ID, one file
 * a message with everything needed to show, search, release, forward or
 * delete it. DAY is the UTC day of the
 * id, "20261122". ID.state beside it says what became of it since; after a
 * deletion that is all there is.
 */
#ifndef STORE_HELD_H
#define STORE_HELD_H

#include "base/root.h"
#include "store/quarantine.h"
#include "store/spool.h"

#define ROOT_QUARANTINE ROOT_STATE "/quarantine"

struct held_entry {
	struct spool_record record;	/* items: quarantine ones only */
	enum quarantine_state state;
	unsigned copies;	/* handed to the injector so far */
	bool moving;		/* only the database may act on it */
	struct span history;	/* lines: "TIME WHO released to …" */
};

/* Adds what a spool record keeps for the quarantine; idempotent by id. */
int held_add(const struct spool_record *r, struct err *e);
/*
 * The same without a copy: a spool file that has items of the quarantine
 * alone is an entry already, and gets its place. 1: it has moved there; 0: it
 * is where it was, as an entry is there, or the quarantine is on another disk
 * (held_add serves both).
 */
int held_take(const char *path, const struct id *id, struct err *e);

struct held_filter {
	struct span reason, rcpt, sender, subject; /* empty: any; substrings */
	int64_t since_ms, until_ms;	/* 0: any */
	bool all_states;		/* else only held ones */
};

/*
 * Calls `each` for every matching entry, the newest first, until it returns
 * false. Its record has no body; it lives for the call. Unreadable files are
 * counted.
 */
int held_list(const struct held_filter *f,
	bool (*each)(const struct held_entry *q, void *context),
	void *context, size_t *unreadable_r, struct err *e);

/* Is it there, or its state, or was it, until somebody deleted it? */
bool held_knows(const struct id *id);
/* Also a deleted one: then only id, state and history are there. */
int held_get(const struct id *id, struct arena *a,
	struct held_entry *q_r, struct err *e);

/*
 * Hands the message to the injector, for all its recipients or for the ones
 * given (forward: other addresses), and notes who did it. A second release of
 * the same message is refused (-1, permanent) unless again is set: it arrives
 * once.
 */
int held_release(const struct id *id, const struct span *rcpts,
	size_t nrcpts, bool again, const char *who, struct err *e);
int held_forward(const struct id *id, const struct span *rcpts,
	size_t nrcpts, const char *who, struct err *e);
int held_delete(const struct id *id, const char *who, struct err *e);

#endif
