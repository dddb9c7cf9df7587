/*
 * What the files of `pm auth` share: the question, and its answer as text or
 * JSON.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "base/json.h"
#include "engine/auth.h"
#include "tool/keeper.h"

struct auth_job {
	enum auth_method method;
	bool json;
	struct envelope env;
	struct span receiver;
};

/* In the worker: appends the answer to *line; the tool's run(). */
void answer_run(const void *self, struct span file_name,
	struct span message, struct ask *ask, struct arena *a,
	struct buf *line);

#endif
