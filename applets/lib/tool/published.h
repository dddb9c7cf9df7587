/*
 * Drafts and generations as what the engine loads (engine/bundle.h) and as
 * what the store keeps (store/generation.h). The root is entered.
 */
#ifndef TOOL_PUBLISHED_H
#define TOOL_PUBLISHED_H

#include "engine/bundle.h"
#include "store/generation.h"

/* The sources of a generation, to be read by hash. */
int published_sources(const struct generation *g, struct arena *a,
	struct bundle_sources *from_r, struct err *e);
/* Of the active one; an error when nothing was published yet. */
int published_active(struct arena *a, struct generation *g_r,
	struct bundle_sources *from_r, struct err *e);

/*
 * A draft's files with their hashes, in path order; keep: their content is
 * put into the store as well, under the lock. Folders as for
 * bundle_find_sources.
 */
int published_draft(const char *policy_dir, const char *lists_dir, bool keep,
	struct arena *a, struct generation *g_r, struct err *e);

/*
 * How many files of the draft of this root are not as in the active
 * generation; 0 and *e with -1 when one of them cannot be read.
 */
int published_difference(struct arena *a, uint64_t *active_r,
	size_t *files_r, struct err *e);

#endif
