/*
 * A program of another package as a child (role/program.h): its log is ours,
 * its trouble is remembered, its end is waited for.
 */
#ifndef FILTER_CHILD_H
#define FILTER_CHILD_H

#include <sys/types.h>

#include "base/err.h"

enum { CHILD_LINE_MAX = 512 };

struct child {
	pid_t pid;		/* 0: none */
	int log;		/* to poll for reading */
	int status;		/* of its end, as waitpid gave it */
	char line[CHILD_LINE_MAX]; /* begun */
	size_t n;
	char trouble[CHILD_LINE_MAX]; /* its last error, or else warning */
};

/* It gets TERM when we end. */
int child_start(struct child *c, const char *path, char *argv[],
	struct err *e);
/* Takes what it said. Lines of trouble are logged as warnings. */
void child_hear(struct child *c);
/* Has it ended? Then pid is 0 and its log closed. */
bool child_ended(struct child *c);
/* TERM, then KILL when it takes longer. */
void child_stop(struct child *c, int patience_ms);

#endif
