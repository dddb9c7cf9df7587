/*
 * The journal: facts of mail that was delivered, append-only, for what comes
 * after (message log, counters). Written by front; at most a second of it is
 * lost in a power cut, and nothing when only a process dies.
 *
 *	spool/journal/DAY.N	N counts the times it was opened on that UTC
 *				day: only the end of a file can be torn
 *
 * A file: records of u32 length, u32 check (keyed by nothing, of the bytes),
 * bytes. Every record is repeatable by its id: after an error some may be in
 * two files. Files older than JOURNAL_DAYS go when a new one is opened: the
 * journal alone must not fill the disk.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/err.h"
#include "base/span.h"

enum {
	JOURNAL_DAYS = 31,
	JOURNAL_RECORD_MAX = 4 << 20,
	JOURNAL_BUFFER_MAX = 64 << 20,
};

struct journal;

/* Opens no file yet; never fails. */
struct journal *journal_open(void);
/* Writes what is left, then closes. */
void journal_close(struct journal **j);

/*
 * Keeps a record for the next sync. Thread-safe, never waits for the disk.
 * False: the buffer is full (the disk has been failing) and the record was
 * dropped, or it is larger than JOURNAL_RECORD_MAX.
 */
bool journal_append(struct journal *j, struct span record);
/*
 * Writes and fdatasyncs what was kept; the caller does it each second. After
 * an error it stays in memory and goes to a fresh file the next time.
 */
int journal_sync(struct journal *j, struct err *e);

/*
 * Calls `each` for every whole record of a file, in order, until it returns
 * false. A torn end is not an error: *torn_r says so.
 */
int journal_read(const char *path,
	bool (*each)(struct span record, void *context), void *context,
	bool *torn_r, struct err *e);

#endif
