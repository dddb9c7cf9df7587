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
 * What the filter judges by: the active generation, its signature and hashes
 * proved, as a bundle (engine/bundle.h) with these settings.
 */
int published_build(const struct bundle_settings *s, struct arena *a,
	struct buf *b, uint64_t *number_r, struct err *e);

/*
 * A draft's files with their hashes, in path order; keep: their content is
 * put into the store as well, under the lock. Folders as for
 * bundle_find_sources.
 */
int published_draft(const char *policy_dir, const char *lists_dir, bool keep,
	struct arena *a, struct generation *g_r, struct err *e);

/*
 * Appends what users have set (engine/userdata.h) as the filter of this
 * appliance has it; nothing where there is none, or where only others may
 * read it.
 */
int published_users(struct buf *b, struct err *e);

/* A file of the draft that is not as in the active generation. */
struct published_change {
	struct span path;	/* "policy/50-x.lua" */
	const char *what;	/* "new", "changed", "gone" */
	int64_t at_s;		/* when it was written last; of one that is
				   gone: its folder */
};

struct published_changes {
	uint64_t active;	/* 0: nothing was published yet */
	struct published_change *v; /* in path order */
	size_t n;
	int64_t since_s;	/* the earliest of them */
};

/* What of the draft of this root is not published. */
int published_changes(struct arena *a, struct published_changes *c_r,
	struct err *e);

#endif
