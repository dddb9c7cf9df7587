/*
 * One job and the hidden copy that is made for it.
 */
#ifndef MTA_JOB_COPY_H
#define MTA_JOB_COPY_H

#include "base/arena.h"
#include "base/id.h"
#include "crypto/seal.h"
#include "db/db.h"

enum { JOB_TOKEN_SIZE = 320 };	/* "APPLIANCE/ID" */

struct job {
	struct id key, message;
	bool digest;	/* its mail lies under the key; no sender */
	struct span *rcpts;
	size_t nrcpts;
	char token[JOB_TOKEN_SIZE];
};

/*
 * Writes inject/.NAME, safe on disk; name_r is in the arena. Temporary: try
 * again; permanent: the message is gone or does not open.
 */
int job_copy_write(struct db *d, const struct seal_key *k,
	const struct job *j, struct arena *a, const char **name_r,
	struct err *e);

/*
 * Settles the hidden copies that a crash left: publishes those whose job was
 * handed to this appliance, removes those that nobody owes; what is leased
 * stays, and then not all is settled. *published_r counts.
 */
int job_copy_settle(struct db *d, const char *appliance,
	unsigned *published_r, bool *settled_r, struct err *e);

#endif
