/*
 * The child that parses. Private to tool/.
 */
#ifndef TOOL_WORKER_H
#define TOOL_WORKER_H

#include "tool/keeper.h"

/* Serves messages on a stream socket until its end; never returns. */
_Noreturn void worker_run(const struct tool *tool, int channel, int broker);

/* One request: this, the name, the bytes. */
struct worker_request {
	uint32_t name_bytes;
	uint64_t message_bytes;
};

/* One reply: this, then a line of text without its end. */
struct worker_reply {
	uint32_t text_bytes;
};

#endif
