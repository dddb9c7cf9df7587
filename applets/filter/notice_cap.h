/*
 * How many notices one person may get: whoever sends a thousand infected
 * messages must not have us send a thousand notices to their recipient.
 * NOTICE_CAP in an hour that begins with the first; what is over is left
 * out, told once in the log, and counted there when the hour is over. Kept in
 * memory, for NOTICE_CAP_PERSONS at a time: of more, those who had the fewest
 * notices are forgotten first. Thread-safe.
 */
#ifndef FILTER_NOTICE_CAP_H
#define FILTER_NOTICE_CAP_H

#include "engine/verdict.h"

enum {
	NOTICE_CAP = 20,
	NOTICE_CAP_MS = 3600000,
	NOTICE_CAP_PERSONS = 16384,
};

/* Takes out of the verdict's notices who had enough. How many it were. */
size_t notice_cap(struct verdict *v, int64_t now_ms);
/* Each second: hours that are over. */
void notice_cap_tend(int64_t now_ms);

#endif
