/*
 * Programs of other packages: started with a fixed environment, never through
 * a shell.
 */
#ifndef ROLE_PROGRAM_H
#define ROLE_PROGRAM_H

#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Starts it; it gets `death` when we end. Descriptors below 0 stay as they
 * are. Its working folder is ours, argv[0] is filled in.
 */
pid_t program_start(const char *path, char *argv[], const int fds[3],
	int death, struct err *e);

/* Starts it, writes `input` to it and waits. -1 when it did not exit 0. */
int program_run(const char *path, char *argv[], struct span input,
	struct err *e);

/* Becomes it, with the caller's terminal, home and pager. */
int program_become(const char *path, char *argv[], struct err *e);

#endif
