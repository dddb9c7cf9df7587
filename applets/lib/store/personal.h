/*
 * What a person orders for himself by a ticket (crypto/ticket.h): of one
 * message that is held for him, or whether he gets digests. Each ticket does
 * something once; what it does and that it was used is one commit.
 */
#ifndef STORE_PERSONAL_H
#define STORE_PERSONAL_H

#include "crypto/ticket.h"
#include "db/db.h"

enum personal_state {
	PERSONAL_OPEN,		/* it can be used */
	PERSONAL_USED,		/* it was: done_ms, done */
	PERSONAL_CLOSED,	/* another way was faster: done_ms, done */
	PERSONAL_GONE,		/* the message is no longer kept */
	PERSONAL_BARRED,	/* its reason is not for him to release
				   (store/quarantine_request.h) */
	PERSONAL_STATES
};

/* What a ticket speaks of, and how that stands. */
struct personal {
	enum personal_state state;
	/* Of a message; empty for digests. */
	struct span sender, subject, reason;
	int64_t received_ms;
	struct span address;	/* as it stood in the envelope */
	struct span allow;	/* the sender who could be allowed, or empty */
	int64_t done_ms;
	struct span done;	/* "released", "deleted", "digests off" … */
};

/* Changes nothing. All is in the arena. */
int personal_look(struct db *db, const struct ticket *t, struct arena *a,
	struct personal *p_r, struct err *e);

/*
 * Carries out an open ticket: 1, and *p_r is how it stood before. 0: it is
 * not open, and *p_r says why. -1: perhaps it was carried out; then the next
 * look says so. via: "link 192.0.2.1", for the audit.
 */
int personal_act(struct db *db, const struct ticket *t, const char *via,
	struct arena *a, struct personal *p_r, struct err *e);

/*
 * In a transaction: notes the ticket as used. -1 and ERR_PERMANENT if it was
 * before.
 */
int personal_use(struct db *db, const struct id *key, const char *who,
	const char *what, struct err *e);

/* Who does or does not get digests of a rule; "": of all. */
struct personal_opt {
	struct span person, rule;
	bool in;
	const char *who, *via;
};

int personal_opt(struct db *db, const struct personal_opt *o, struct err *e);

#endif
