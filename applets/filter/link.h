/*
 * Front's conversation with the zygote: a thread keeps the connection, the
 * others send orders and wait for the notes that answer them. Thread-safe.
 *
 * When the zygote goes away its scanners die with it; the link connects
 * again for ever, ten times a second.
 */
#ifndef FILTER_LINK_H
#define FILTER_LINK_H

#include "hop.h"

struct link_hooks {
	void (*up)(void);	/* connected: hand it the policy */
	void (*down)(void);	/* the zygote and all scanners are gone */
	/* text: what a policy lacks, a C string of printable bytes. */
	void (*loaded)(const struct hop_note *n, const char *text);
};

void link_start(const struct link_hooks *h);
bool link_is_up(void);

/* Orders a policy to be loaded; its note comes through the hook. */
int link_load(int bundle_fd, uint64_t generation);
/*
 * Has a scanner forked; broker -1: none. 0 and its note, or -1 when there was
 * none before the deadline. The descriptors stay the caller's.
 */
int link_spawn(uint64_t id, int control, int slot, int broker,
	int64_t deadline_ms, struct hop_note *note_r);
void link_kill(uint64_t id);
/* How scanner id ended. False: nobody knows within wait_ms. */
bool link_fate(uint64_t id, int64_t wait_ms, struct hop_note *note_r);

#endif
