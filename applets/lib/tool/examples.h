/*
 * Folders of messages as examples: what `pm train` learns from and `pm eval`
 * measures with. Messages are parsed in a sandboxed worker (tool/keeper.h).
 *
 * A source is where mail was collected: a folder, or for folders named "ham"
 * and "spam" the one above, so that both are one source.
 */
#ifndef TOOL_EXAMPLES_H
#define TOOL_EXAMPLES_H

#include "detect/trainer.h"
#include "engine/engine.h"
#include "tool/keeper.h"

struct example_seen {
	unsigned source;
	bool spam;
	int64_t date_ms;	/* the receiver's, else the sender's; 0: none */
	int32_t rest;		/* score by all but the classifier */
	const char *path;
};

struct examples {
	const char *root;
	struct arena *arena;
	struct trainer *trainer; /* its i-th example is v[i] */
	struct example_seen *v;
	size_t n, cap;
	const char *names[TRAINER_SOURCES];
	unsigned sources;
	size_t twice;		/* left out: the same message again */
	size_t failed;		/* left out: told on stderr */
	struct engine *engine;	/* what `rest` is by; NULL: it is 0. To be set
				   before the first message */
	bool raw;		/* with that group of features; see engine */
	struct keeper keeper;
	struct tool tool;
};

/* name: of the tool, for what is told on stderr. */
void examples_begin(struct examples *x, const char *name, const char *root,
	unsigned bits);
/* Every regular file below the folder, in name order. */
int examples_add(struct examples *x, const char *dir, bool spam,
	struct err *e);
void examples_end(struct examples *x);

/* One message as the worker describes it: a line of hex digits. */
struct described {
	uint64_t key;		/* of the message's content */
	int64_t date_ms;
	int32_t rest;
	struct feature *v;	/* hash and group only */
	size_t n;
};

int examples_describe(struct examples *x, const char *path, struct buf *line,
	struct err *e);
/* What is no such line is read as something else, never out of bounds. */
void described_read(struct span line, struct arena *a,
	struct described *d_r);

#endif
