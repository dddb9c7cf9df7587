/*
 * Landlock and seccomp for a role process. After these calls a process can
 * do what its profile lists and nothing else; a forbidden system call kills
 * it (SIGSYS) and the supervisor logs the number.
 */
#ifndef ROLE_SANDBOX_H
#define ROLE_SANDBOX_H

#include <stdbool.h>

#include "base/err.h"

enum sandbox_profile {
	SANDBOX_FRONT,		/* files below its folders, unix sockets,
				   threads, memfd */
	SANDBOX_ZYGOTE,		/* fork, recvmsg, no files, no sockets */
	SANDBOX_SCANNER,	/* read, write, memory, clock; nothing else */
	SANDBOX_BROKER,		/* inet and unix client sockets, resolv.conf */
	SANDBOX_RECORDER,	/* files below the spool and quarantine */
	SANDBOX_ARCHIVER,	/* files below journal and quarantine, the
				   database */
	SANDBOX_LOGREADER,	/* reading files, the database */
	SANDBOX_LEARNER,	/* the same in its folder; kill and wait for its
				   worker */
	SANDBOX_INJECTOR,	/* spool, loopback TCP */
	SANDBOX_SIGNER,		/* its socket, its keys */
	SANDBOX_DELAY,		/* its socket, its spool */
	SANDBOX_WEB,		/* fork, its port, the database, helpers */
	SANDBOX_WEB_WORKER,	/* the same without fork and kill */
	SANDBOX_WEB_ALONE,	/* and without connections but to helpers */
	SANDBOX_LOGIN,		/* its socket, the database, its folder */
	SANDBOX_VIEWER,		/* its socket, its zygote */
	SANDBOX_WATCH,		/* its folder, the database, whom it tells */
	SANDBOX_DIRECTORY,	/* client sockets; reading what names need */
};

/* A folder that stays reachable; relative to the root. */
struct sandbox_path {
	const char *path;	/* NULL at the end */
	enum sandbox_access {
		SANDBOX_READ, SANDBOX_WRITE,
		SANDBOX_MAYBE,	/* to read, if it is there */
		SANDBOX_RUN,	/* to read and to execute */
	} access;
};

/*
 * Landlock: only these paths remain. ABI probed; without Landlock in the
 * kernel *e says so and 1 is returned (seccomp still stands), -1 on failure.
 */
int sandbox_paths(const struct sandbox_path *paths, struct err *e);

/* seccomp by profile; for ZYGOTE before the first fork. 0 or -1. */
int sandbox_calls(enum sandbox_profile profile, struct err *e);

/*
 * Both, as each role process does it: a kernel without Landlock is told in
 * the log. 0 or -1.
 */
int sandbox_confine(const struct sandbox_path *paths,
	enum sandbox_profile profile, struct err *e);

/*
 * The scanner's program, compiled once in the zygote, entered by each child:
 * a filter on top of the zygote's own.
 */
struct sandbox_program;
struct sandbox_program *sandbox_compile(enum sandbox_profile profile,
	struct err *e);
int sandbox_enter(const struct sandbox_program *p);

/*
 * Tries what the profile must forbid, each attempt in a forked child, and
 * prints a TAP line for each. Returns the number of failures.
 */
int sandbox_selftest(enum sandbox_profile profile, const char *name,
	unsigned *count);

#endif
