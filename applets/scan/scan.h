/*
 * What the files of `pm scan` share: the job, and the two children that do
 * it. Bytes of messages are parsed in the worker only, which can do nothing
 * but calculate and ask the broker.
 */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include "engine/engine.h"

enum {
	SCAN_FILE_MAX = 256 << 20,
	SCAN_DEADLINE_MS = 25000,	/* of one message, as in the filter */
	SCAN_PATIENCE_MS = 40000,	/* then the worker is killed */
};

struct scan {
	struct engine *engine;
	const char *root;
	const char *resolver, *clamd;	/* NULL: the host's; none */
	bool json;
	struct envelope env;		/* without what is new each time */
};

/* --- the worker (worker.c) ------------------------------------------------ */

/* Serves messages on a stream socket until its end; never returns. */
_Noreturn void worker_run(const struct scan *scan, int channel, int broker);

/* One request: this, the name, the bytes. */
struct worker_request {
	uint32_t name_bytes;
	uint64_t message_bytes;
};

/* One reply: this, then a line of text without its end. */
struct worker_reply {
	uint32_t text_bytes;
};

/* --- its keeper (keeper.c) ------------------------------------------------ */

struct keeper {
	const struct scan *scan;
	int channel;		/* -1: no worker */
	int worker, broker;	/* process ids */
};

/*
 * Has one message judged; starts a worker when there is none. The line is
 * appended to *line. -1: the worker died or took too long, *e says how; it
 * is gone, the next call starts another.
 */
int keeper_judge(struct keeper *k, const char *name, struct span message,
	struct buf *line, struct err *e);
/* Ends the children. */
void keeper_end(struct keeper *k);

#endif
