/*
 * The log file ROOT_LOG/pm.log: stamped lines, one write a batch, bounded in
 * size and number. Never blocks and never fails its caller: what the disk
 * does not take stays in memory, and when that is full the oldest lines are
 * dropped and counted ("n lines lost").
 */
#ifndef SUPERVISE_LOGBOOK_H
#define SUPERVISE_LOGBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum { LOGBOOK_RING = 262144, LOGBOOK_RETRY_MS = 1000 };

struct logbook {
	const char *path;
	int fd, echo_fd;	/* echo_fd -1: no copy for a terminal */
	uint64_t size, max;	/* of the file, in bytes */
	unsigned files;		/* pm.log and pm.log.1 … */
	int64_t retry_ms;	/* after a failed write; 0: none */
	uint64_t lost;		/* lines */
	size_t used;
	char ring[LOGBOOK_RING];
};

/* Opens path, appending. max: bytes of one file; files: at least 1. */
int logbook_open(struct logbook *j, const char *path, uint64_t max,
	unsigned files, struct err *e);
/* "STAMP LABEL TEXT" and a mark behind it; control bytes are escaped. */
void logbook_add(struct logbook *j, const char *label, struct span text,
	const char *mark);
/* Writes what there is. */
void logbook_flush(struct logbook *j);
/* When to flush again after trouble (monotonic); 0: nothing waits. */
int64_t logbook_retry(const struct logbook *j);
/* The file was moved away by somebody: opens it anew. */
void logbook_reopen(struct logbook *j);

#endif
