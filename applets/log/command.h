/*
 * What the commands of pm log share.
 */
#ifndef LOG_COMMAND_H
#define LOG_COMMAND_H

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"

struct log_options {
	bool json, follow;
	const char *from, *to, *subject, *id, *relay, *outcome, *rule;
	const char *since, *until, *before, *group;
	long long limit;
};

struct log_work {
	struct db *db;
	const struct log_options *o;
};

int log_search(const struct log_work *w, struct err *e);
/* name: an id, a queue id or a Message-ID. */
int log_show(const struct log_work *w, const char *name, struct err *e);

#endif
