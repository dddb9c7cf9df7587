/*
 * The viewer's two processes. The parent holds the key, opens bodies and
 * looks at nothing in them; the zygote never had the key: it was forked
 * before that was loaded, and forks a child for each message, which parses it
 * in the scanner's sandbox (role/sandbox.h) and ends.
 */
#ifndef CSM_VIEWER_H
#define CSM_VIEWER_H

#include <stdint.h>

#include "base/applet.h"

enum { VIEWER_JOBS_MAX = 8, VIEWER_CHILD_MS = 10000 };

/*
 * Parent to zygote, with two descriptors: the message (a sealed memfd) and a
 * memfd for the preview's record.
 */
struct viewer_job {
	uint64_t number, size;
};

/* Zygote to parent: the child of that job ended, as wait(2) says. */
struct viewer_done {
	uint64_t number;
	int32_t status;
	uint32_t late;		/* it was killed: the time was over */
};

/*
 * Forks the zygote and returns the socket to it; with our power still there,
 * before the key is loaded. It ends with us. Ends the process on failure.
 */
int viewer_zygote(const struct process *p);

#endif
