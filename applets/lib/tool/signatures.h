/*
 * The signatures of our own clamd: files of its forms (daily.cvd, site.ndb …)
 * in one folder, which filter/freshclam fills, or an administrator by hand.
 */
#ifndef TOOL_SIGNATURES_H
#define TOOL_SIGNATURES_H

#include "base/err.h"
#include "base/root.h"

#define SIGNATURES_STATE ROOT_STATE "/clamav"
#define SIGNATURES_DIR SIGNATURES_STATE "/signatures"
#define SIGNATURES_TMP SIGNATURES_STATE "/tmp"

struct signatures {
	unsigned n;		/* files */
	int64_t newest_s;	/* when one last changed, since 1970 */
	uint64_t print;		/* another number after any change */
};

struct signatures signatures_look(void);
/*
 * How many signatures they hold: as heads of ClamAV's containers say, and one
 * a line of other files. Reads these files: not for every moment.
 */
uint64_t signatures_count(void);

/*
 * Takes a file in place of one of the same name, after ClamAV itself has
 * loaded it once (clamscan). fd: open for reading, stays the caller's. -1: it
 * is none, or cannot be stored.
 */
int signatures_load(const char *path, int fd, struct err *e);

#endif
