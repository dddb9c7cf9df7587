/*
 * What publish, log, diff, rollback and export share: generations of the
 * root, and the folder that is the draft.
 */
#ifndef POLICY_PUBLISH_H
#define POLICY_PUBLISH_H

#include "base/args.h"
#include "tool/publish.h"

enum { PUBLISH_ARENA = 512 << 20 };

/* "3 files", "1 file". */
const char *publish_files(size_t n, struct arena *a);

/*
 * One that an operand names: "7"; "active" or NULL for the active one. An
 * error when it is not kept.
 */
int publish_load(const char *name, struct arena *a, struct generation *g_r,
	struct err *e);

/* The draft of the root as it is; nothing of it is kept. */
int publish_load_draft(struct arena *a, struct generation *g_r,
	struct err *e);

/*
 * Before the draft is replaced: -1 when it has changes that are published
 * nowhere, which would be lost.
 */
int publish_guard_draft(struct arena *a, struct err *e);
/*
 * Makes FOLDER/policy and FOLDER/lists what g is: files written, those not in
 * g removed; what is no file of a draft is left alone. The draft: ROOT_ETC.
 */
int publish_write_tree(const struct generation *g, const char *folder,
	struct arena *a, struct err *e);

/*
 * All generations that are kept to standard output, for git fast-import:
 * commits of refs/heads/main with author, time and message. The same
 * generations give the same bytes.
 */
int publish_write_history(struct arena *a, size_t *n_r, struct err *e);

/* What pm policy publish and rollback do last. The exit code, or -1. */
int publish_finish(struct generation *g, struct arena *a, struct err *e);

#endif
