/*
 * Asking for held mail that whoever it is for may not release himself: a rule
 * for each reason says who may. An administrator's release to him (any, by
 * store/quarantine.h) approves what he asked; so does a delete deny it.
 */
#ifndef STORE_QUARANTINE_REQUEST_H
#define STORE_QUARANTINE_REQUEST_H

#include "store/quarantine.h"

enum { REQUEST_NOTE_MAX = 500, REQUEST_LIST_MAX = 1000 };

/*
 * o->who asks for the recipient o->rcpts[0] (one). Asked again it is the same
 * request, with the new note; after a "no" it is open again. Permanent error
 * says why he cannot: he is no recipient, it is not held for him, he may
 * release it himself, or nobody's asking helps.
 */
int quarantine_request(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct span note, struct err *e);

/* No; `answer` is for who asked. Permanent error: nothing is asked. */
int quarantine_deny(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct span answer, struct err *e);

struct quarantine_asked {
	struct id id;
	struct span rcpt, who, note;
	int64_t asked_ms, decided_ms; /* 0: open */
	struct span state;	/* open, approved, denied */
	struct span decided_by, answer;
	struct span sender, subject, reason; /* of the message */
};

/*
 * Open ones, the oldest first; or all, the newest first. In the arena, at
 * most `limit`.
 */
int quarantine_requests(struct db *db, bool all, size_t limit,
	struct arena *a, struct quarantine_asked **v_r, size_t *n_r,
	struct err *e);

/* How many are open; from REQUEST_LIST_MAX on it is not counted further. */
int quarantine_requests_open(struct db *db, size_t *n_r, struct err *e);

#endif
