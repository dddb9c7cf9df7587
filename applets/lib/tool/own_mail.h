/*
 * Mail that pm itself writes, digests and reports: signed, sealed, and left as
 * a job for an injector, which sends it once.
 */
#ifndef TOOL_OWN_MAIL_H
#define TOOL_OWN_MAIL_H

#include "base/buf.h"
#include "crypto/seal.h"
#include "db/db.h"

/*
 * Appends the message with DKIM-Signature fields in front, by the active keys
 * that this appliance has for the domain of from; none: it stays unsigned. One
 * thread at a time: keys are kept from call to call.
 */
int own_mail_sign(const char *from, struct span mail, int64_t now_ms,
	struct arena *a, struct buf *out, struct err *e);

/* Packed and sealed for the job of that name (an id). In the arena. */
struct span own_mail_seal(const struct seal_key *key, struct span name,
	struct span mail, struct arena *a);

struct own_mail {
	struct span key;	/* the job's name: the same again is one */
	const struct span *to;	/* addresses */
	size_t n;
	struct span sealed;
	const char *who;	/* orders it */
};

/*
 * Commits it. *fresh_r false: there was such a job already, and it is not sent
 * again. After a temporary error it may have been committed.
 */
int own_mail_send(struct db *db, const struct own_mail *m, bool *fresh_r,
	struct err *e);

#endif
