/*
 * From the journal into the message log: in batches, from where the last one
 * ended (spool/journal/.positions), complete files removed. One batch is in
 * memory at a time. A record that the database will never take is set aside
 * in spool/bad, as a journal of its own.
 */
#ifndef FILTER_ARCHIVE_LOG_H
#define FILTER_ARCHIVE_LOG_H

#include "db/db.h"

struct archive_log;

struct archive_log *archive_log_new(struct db *d);

/*
 * Records what the journal has. stop() is asked between batches. *n_r: how
 * many messages. -1 and *e: the database does not take them now.
 */
int archive_log_pass(struct archive_log *l, bool (*stop)(void), size_t *n_r,
	struct err *e);
/* Had the last pass read everything? */
bool archive_log_done(const struct archive_log *l);
/* What is left: how many messages, and when the first of them came. */
void archive_log_waiting(struct archive_log *l, uint64_t *n_r,
	int64_t *oldest_ms_r);

/* Files that were set aside, by anybody, and wait for a person. */
unsigned archive_log_bad(void);

#endif
