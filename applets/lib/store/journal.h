/*
 * The journal: facts of judged mail, append-only, for what comes after
 * (message log, counters). Written by front, read and removed by the
 * archiver; at most a second of it is lost in a power cut, and nothing when
 * only a process dies.
 *
 *	spool/journal/DAY.N	N counts the times it was opened on that UTC
 *				day: only the end of a file can be torn
 *
 * A file: records of u32 length, u32 check (keyed by nothing, of the bytes),
 * bytes. Every record is repeatable by its id: after an error some may be in
 * two files. Its writer holds a lock (flock) on the file it writes to; one
 * without is complete. Files older than JOURNAL_DAYS go when a new one is
 * opened: the journal alone must not fill the disk.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/root.h"

#define ROOT_JOURNAL ROOT_SPOOL "/journal"
/* What users have set (engine/userdata.h); replaced whole. */
#define JOURNAL_USERDATA ROOT_JOURNAL "/.userdata"

enum {
	JOURNAL_DAYS = 31,
	JOURNAL_RECORD_MAX = 16 << 20,
	JOURNAL_BUFFER_MAX = 64 << 20,
};

struct journal;

/* Opens no file yet; never fails. */
struct journal *journal_open(void);
/* Writes what is left, then closes. */
void journal_close(struct journal **j);

/*
 * Writes a record to the file, so that it outlives the process; never waits
 * for a sync. What the disk does not take is kept for the next sync, in
 * memory. Thread-safe. False: that memory is full (the disk has been
 * failing) and the record was dropped, or it is larger than
 * JOURNAL_RECORD_MAX.
 */
bool journal_append(struct journal *j, struct span record);
/*
 * Makes safe (fdatasync) what was appended; the caller does it each second,
 * one at a time. After an error a fresh file is begun.
 */
int journal_sync(struct journal *j, struct err *e);

/* --- reading (journal_read.c) ------------------------------------------- */

/* Adds a record as it stands in a file. */
void journal_frame(struct buf *b, struct span record);
/* What stands before a record to find a torn or rotten one. */
uint32_t journal_check(struct span record);

/* The names of all files, the oldest first. -1 and *e: cannot list. */
int journal_files(struct arena *a, const char ***names_r, size_t *n_r,
	struct err *e);

struct journal_reader;

enum journal_step {
	JOURNAL_RECORD,
	JOURNAL_END,	/* nothing more now; more may come */
	JOURNAL_TORN,	/* what follows is no whole record (yet) */
};

/* From byte `at` of a file on; behind its end: from its start. NULL and *e. */
struct journal_reader *journal_read_from(const char *path, uint64_t at,
	struct err *e);
void journal_read_end(struct journal_reader **r);
/* The record lives until the next call. -1 and *e: the disk fails. */
int journal_read_next(struct journal_reader *r, enum journal_step *step_r,
	struct span *record_r, struct err *e);
/* Behind the last record that was read. */
uint64_t journal_read_at(const struct journal_reader *r);
/*
 * Is the file complete: has its writer let it go, with nothing behind what
 * was read but a torn end? Then nobody else will write to it.
 */
bool journal_read_complete(struct journal_reader *r);

#endif
