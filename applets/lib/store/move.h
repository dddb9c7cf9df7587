/*
 * From the quarantine on disk (store/held.h) to the database. An entry is
 * locked, marked on disk as moving, put into the database in one transaction
 * and then removed. While the mark stands nobody may act on it but through
 * the database: nobody knows whether the commit came through. The mark goes
 * again when it certainly did not.
 */
#ifndef STORE_MOVE_H
#define STORE_MOVE_H

#include "crypto/seal.h"
#include "db/db.h"

struct move {
	struct db *db;
	const struct seal_key *key;
	struct span appliance;
	/* Nothing of the journal is left to read. */
	bool journal_done;
	/* Ids that this database will never take, as they are; told once. */
	struct map *refused;
	struct arena *arena;	/* of `refused` */
	size_t moved, waiting;	/* by the last pass */
	int64_t oldest_ms;	/* arrival of the oldest that waits, or 0 */
};

/*
 * One pass over the entries, of at most `most` moves; the rest is counted
 * only. -1 and *e (temporary): the database does not take them now. Entries
 * that it will never take, or that cannot be read, stay on disk: refuse() is
 * told why.
 */
int move_pass(struct move *m, size_t most,
	void (*refuse)(const char *id, const char *why), struct err *e);

#endif
