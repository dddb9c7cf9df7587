/*
 * Puts messages and quarantine entries into the database (sql/schema), each
 * call in one transaction. Every call may be repeated: what is there stays as
 * it is, and is counted once. Errors are those of db/db.h; after a temporary
 * one the write may or may not have been carried out.
 */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "crypto/seal.h"
#include "db/db.h"
#include "store/held.h"
#include "store/message.h"

enum {
	/* Longest texts in columns, in bytes; the record has all of it. */
	ARCHIVE_ADDRESS_MAX = 512,
	ARCHIVE_NAME_MAX = 255,
	ARCHIVE_SUBJECT_MAX = 4000,
	ARCHIVE_PART = 1 << 20,	/* of a sealed body */
};

/* What a message adds to the day's tally (sql/schema, table tally). */
struct archive_seen {
	const char *kind;	/* "hit", "virus" … */
	struct span name;
	uint64_t n, bytes;
};

struct archive_message {
	struct message_record record;
	struct span bytes;	/* the record as it was written */
	const struct archive_seen *seen;
	size_t nseen;
};

/*
 * Messages, their recipients, and the counters for those that were not there
 * before. The same id twice in a call: the first counts.
 */
int archive_messages(struct db *d, const struct archive_message *m, size_t n,
	struct err *e);
/* The same within an open transaction. */
int archive_messages_within(struct db *d, const struct archive_message *m,
	size_t n, struct err *e);

/* Does the log know the message? */
int archive_knows(struct db *d, const struct id *id, bool *known_r,
	struct err *e);
/*
 * An entry that was withheld on this appliance, with body, people's deeds
 * and state. A message that the log does not know gets its row from the
 * entry. *doubt_r: it failed, but may have been committed.
 */
int archive_entry(struct db *d, const struct seal_key *k,
	const struct held_entry *q, struct span appliance, bool *doubt_r,
	struct err *e);

#endif
