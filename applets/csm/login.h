/*
 * Log-in and new passwords, as the log-in helper decides them.
 *
 * Nothing in an answer or its time says whether an account exists: each try
 * costs the same hashes, and unknown names have to wait like known ones.
 */
#ifndef CSM_LOGIN_H
#define CSM_LOGIN_H

#include "db/db.h"
#include "web/helper_wire.h"

/* Before the first request. */
void login_begin(void);

/* -1: temporary, nothing was decided. */
int login_new(struct db *db, const struct helper_request *r, struct arena *a,
	struct login_answer *answer_r, struct err *e);
int login_change(struct db *db, const struct helper_request *r,
	struct arena *a, struct login_answer *answer_r, struct err *e);

#endif
