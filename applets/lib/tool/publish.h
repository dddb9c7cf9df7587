/*
 * Puts a generation in force: written, activated by one rename, told to the
 * filter, awaited there. The one way by which the filter's policy and lists
 * change (DESIGN 8). The root is entered; only root, or who owns the key,
 * may.
 */
#ifndef TOOL_PUBLISH_H
#define TOOL_PUBLISH_H

#include "tool/published.h"

enum { PUBLISH_PATIENCE_MS = 10000 };

enum publish_end {
	PUBLISH_LIVE,		/* the filter judges every new message by it */
	PUBLISH_WAITING,	/* active; no filter runs here that could say
				   so: it takes it at its start */
	PUBLISH_SILENT,		/* active; the filter did not say anything in
				   PUBLISH_PATIENCE_MS */
};

struct publish_result {
	uint64_t number;
	enum publish_end end;
	size_t changed;		/* files */
	int64_t took_ms;	/* from the rename until it was live */
	char why[ERR_TEXT_MAX];	/* of WAITING: a clause */
};

/* Who asks: the user's name, through sudo his own. */
struct span publish_who(struct arena *a);

/*
 * Under the lock (store/generation.h), with all objects put: writes, puts in
 * force, waits, prunes. A filter that refuses it gets the one before it back:
 * -1, and *e says why and what is active.
 */
int publish_generation(struct generation *g, struct arena *a,
	struct publish_result *r, struct err *e);

/*
 * The active generation with this one list changed, and nothing else of the
 * draft: for pm list and the pages; takes the lock. name: "blocked-relays";
 * text: the whole list as it shall be, which compiles (engine/list.h), p NULL
 * takes it away; message: "list blocked-relays: +1". who NULL: publish_who.
 * The file in etc/pm/lists is the caller's to write, first.
 */
int publish_list(const char *name, const char *who, const char *message,
	struct span text, struct publish_result *r, struct err *e);
/*
 * Appends the text of a list as it is active; false in *there_r: there is no
 * such list.
 */
int publish_read_list(const char *name, struct buf *text, bool *there_r,
	struct err *e);

/* "generation 7 is live (0.31 s): 2 files changed" and the like; no end. */
void publish_tell(const struct publish_result *r, struct buf *b);

#endif
