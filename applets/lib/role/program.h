/*
 * Programs of other packages: started with a fixed environment, never through
 * a shell.
 */
#ifndef ROLE_PROGRAM_H
#define ROLE_PROGRAM_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "role/sandbox.h"

/*
 * Starts it; it gets `death` when we end. Descriptors below 0 stay as they
 * are. Its working folder is ours, argv[0] is filled in.
 */
pid_t program_start(const char *path, char *argv[], const int fds[3],
	int death, struct err *e);

/* Starts it, writes `input` to it and waits. -1 when it did not exit 0. */
int program_run(const char *path, char *argv[], struct span input,
	struct err *e);

/*
 * Starts it with `input` on its standard input and nothing but `paths` of the
 * file system (Landlock), and appends what it prints, at most `most` bytes, to
 * out. -1: it did not exit 0, said more, or took longer than so many
 * milliseconds; then it is killed.
 */
int program_filter(const char *path, char *argv[],
	const struct sandbox_path *paths, struct span input, size_t most,
	unsigned ms, struct buf *out, struct err *e);

/* Becomes it, with the caller's terminal, home and pager. */
int program_become(const char *path, char *argv[], struct err *e);

#endif
