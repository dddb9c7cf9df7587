/*
 * Lines of a log on their way into the database: events are gathered, then
 * written in one transaction with how far the files were read.
 */
#ifndef MTA_LOGBATCH_H
#define MTA_LOGBATCH_H

#include "base/arena.h"
#include "db/db.h"
#include "logfile.h"
#include "mail/maillog.h"

enum { LOGBATCH_ROWS = 4000 };

struct logbatch;

/* d and appliance stay the caller's. */
struct logbatch *logbatch_new(struct db *d, struct span appliance);
size_t logbatch_rows(const struct logbatch *b);
/*
 * Takes whole lines of f and moves f->at behind those that it took: as many
 * as there is room for. The lines are counted in *n_r.
 */
void logbatch_take(struct logbatch *b, struct logfile *f, struct span lines,
	uint64_t *n_r);
/* Events and places, or neither. On failure read again from the places. */
int logbatch_write(struct logbatch *b, struct logfiles *l, struct err *e);
/* So many rows at a time from now on; after trouble one by one. */
void logbatch_limit(struct logbatch *b, size_t rows);
/* The only line of the batch is not wanted by the database: left out. */
void logbatch_leave_out(struct logbatch *b);
/* Lines that no reader of ours understood, since the beginning. */
uint64_t logbatch_broken(const struct logbatch *b);
/* Forgets what was not written. */
void logbatch_forget(struct logbatch *b);
/* The places in the database; malloc'd. */
int logbatch_places(struct logbatch *b, struct logplace **places_r,
	size_t *n_r, struct err *e);

#endif
