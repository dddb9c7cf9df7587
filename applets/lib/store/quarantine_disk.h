/*
 * The disk's half of store/quarantine.h: held entries as entries.
 */
#ifndef STORE_QUARANTINE_DISK_H
#define STORE_QUARANTINE_DISK_H

#include "store/held.h"
#include "store/quarantine.h"

/* Spans point into q and the arena. */
void quarantine_of_held(const struct held_entry *held, struct arena *a,
	struct quarantine_entry *entry_r);

/* What store/held.h does not look at: relay, score, words, place. */
bool quarantine_matches(const struct quarantine_filter *f,
	const struct held_entry *held);

#endif
