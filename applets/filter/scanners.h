/*
 * The pool of scanners: a stack of idle ones (the warm one is taken first),
 * spawned through the zygote when all are at work, up to a limit, fewer again
 * when idle. Thread-safe.
 */
#ifndef FILTER_SCANNERS_H
#define FILTER_SCANNERS_H

#include "hop.h"

struct scanner {
	struct scanner *next;
	uint64_t id, generation;
	uint64_t users;		/* number of the user data it has */
	int fd;			/* control socket */
	unsigned char *slot;	/* HOP_SLOT_SIZE, ours to write */
	size_t used;		/* of the slot, by the current job */
	unsigned jobs;
	int64_t born_ms, idle_ms;
	bool lonely;		/* there was no broker when it was born */
};

void scanners_start(unsigned most);

/*
 * One that is ours until given back. Waits for one until the deadline, and
 * kicks (kick.h) before it waits long; NULL then.
 */
struct scanner *scanners_take(int64_t deadline_ms);
/* Back to the pool; retire: it ends, or has ended. */
void scanners_give(struct scanner **s, bool retire);
/* Ends one that did not answer in time. */
void scanners_kill(struct scanner **s);

/* Policy changed: scanners with an older one take no more mail. */
void scanners_renew(uint64_t generation);
/* The zygote and with it all idle scanners are gone. */
void scanners_lost(void);
/* Keeps the pool at its size; each second. */
void scanners_tend(void);

#endif
