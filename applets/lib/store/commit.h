/*
 * How a file of ours becomes safe: written and fsynced under a name that
 * nobody reads, then renamed, then its folder fsynced. An error of any step
 * is an error of the whole, close() included; an fsync that failed is never
 * tried again on the same file.
 */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

#include "base/err.h"
#include "base/span.h"

/*
 * Mode 0660: the next stage's group reads and removes. folder: whose file
 * system an error speaks of.
 */
int commit_write(const char *folder, const char *tmp,
	const struct span *parts, size_t n, struct err *e);
/*
 * Renames tmp to path in folder, whose fsync may be what failed: path may be
 * there in spite of an error. errno is kept: ENOENT when tmp is gone.
 */
int commit_publish(const char *tmp, const char *path, const char *folder,
	struct err *e);

/*
 * The error of a write below `folder`: what errno says, and when the disk is
 * full how full which file system is. Returns -1.
 */
int commit_error(const char *folder, const char *path, struct err *e);

/* No path of ours is longer. */
enum { COMMIT_PATH_MAX = 256 };

#endif
