/*
 * What the commands of pm quarantine share: the options as they were typed,
 * and the quarantine that they are about.
 */
#ifndef QUARANTINE_COMMAND_H
#define QUARANTINE_COMMAND_H

#include "base/args.h"
#include "store/quarantine.h"

struct options {
	bool json, again, all, source, approve;
	const char *reason, *sender, *subject, *words, *relay, *before;
	const char *state;
	struct args_list rcpt;
	long long since, until, score, limit, wait;
	char who[64];
	int folder;		/* that the user is in */
	struct span *rcpts;	/* of --rcpt, checked */
	struct quarantine place;
};

/* Puts a message file in and prints its id. */
int add_file(const struct options *o, const char *name, struct err *e);

#endif
