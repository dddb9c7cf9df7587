/*
 * Runs a function as the scanner would: in a child whose sandbox is closed.
 * What opens a file, makes a process or a socket is killed there.
 */
#ifndef MAIL_SANDBOXED_H
#define MAIL_SANDBOXED_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/span.h"
#include "role/sandbox.h"

/* f prints to stdout. False: the child was killed, or failed. */
static inline bool run_sandboxed(void (*f)(struct span name, struct span s),
	struct span name, struct span s)
{
	struct err e;
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (sandbox_calls(SANDBOX_SCANNER, &e) != 0)
			_exit(1);
		f(name, s);
		fflush(stdout);
		_exit(0);
	}
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		return true;
	printf("%.*s: killed in the sandbox\n", SPAN_FMT(name));
	return false;
}

#endif
