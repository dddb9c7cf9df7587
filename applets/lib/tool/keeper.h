/*
 * What command-line tools do with message files: bytes of messages are
 * parsed in a worker only, sandboxed like a scanner of the filter, which can
 * do nothing but calculate and ask the broker beside it. Their keeper hands
 * files over and survives their death.
 */
#ifndef TOOL_KEEPER_H
#define TOOL_KEEPER_H

#include "base/err.h"
#include "engine/ask.h"
#include "net/virus.h"

enum {
	TOOL_FILE_MAX = 256 << 20,
	TOOL_DEADLINE_MS = 25000,	/* of one message, as in the filter */
	TOOL_PATIENCE_MS = 40000,	/* then the worker is killed */
};

struct tool {
	const char *name;		/* "scan": in "pm scan: …" */
	const char *root;
	const char *resolver;		/* NULL: the host's */
	struct virus_set virus;
	/*
	 * In the worker: looks at a message in its wire form and appends one
	 * line for people, or JSON, without its end.
	 */
	void (*run)(const void *self, struct span file_name,
		struct span message, struct ask *ask, struct arena *a,
		struct buf *line);
	const void *self;
	bool offline;			/* asks nothing: no broker */
};

struct keeper {
	const struct tool *tool;
	int channel;		/* -1: no worker */
	int worker, broker;	/* process ids */
};

/* A keeper without children yet. */
struct keeper tool_keeper(const struct tool *tool);
/* Starts them now: before the caller gives up what that needs. */
int tool_start(struct keeper *k, struct err *e);
/*
 * Has one message looked at; starts a worker when there is none. The line is
 * appended to *line. -1: the worker died or took too long, *e says how; it
 * is gone, the next call starts another.
 */
int tool_look(struct keeper *k, const char *file_name, struct span message,
	struct buf *line, struct err *e);
/* Ends the children. */
void tool_end(struct keeper *k);

/* A whole file; "-" is standard input. */
int tool_slurp(const char *file_name, struct buf *b, struct err *e);

#endif
