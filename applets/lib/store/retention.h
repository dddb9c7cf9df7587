/*
 * How long held mail is kept: classes of so many days, the class of each
 * reason, who is away. In force at once for mail that comes; what is there
 * stays in its class, whose days may have changed.
 */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "base/arena.h"
#include "db/db.h"

/* Mail of this class is an archive: nothing ends it. */
#define RETENTION_HELD "held"

struct retention_class {
	struct span name;
	int64_t days;
	struct span reasons;	/* blanks between */
};

struct retention_reason {
	struct span name, class;
	int64_t days;		/* 0: for ever */
	struct span release;	/* user, request, nobody */
};

struct retention_hold {
	struct span rcpt, until; /* "2026-12-31" */
	struct span who;
};

/* In the arena. */
int retention_classes(struct db *db, struct arena *a,
	struct retention_class **v_r, size_t *n_r, struct err *e);
int retention_reasons(struct db *db, struct arena *a,
	struct retention_reason **v_r, size_t *n_r, struct err *e);
int retention_holds(struct db *db, struct arena *a,
	struct retention_hold **v_r, size_t *n_r, struct err *e);

/* A class, new or not; 1 to 3650 days. who and via are for the audit. */
int retention_set(struct db *db, struct span class, int64_t days,
	const char *who, struct err *e);
/* A reason's class; permanent error: there is no such class. */
int retention_assign(struct db *db, struct span reason, struct span class,
	const char *who, struct err *e);
/* Who may release mail of a reason: user, request or nobody. */
int retention_rule(struct db *db, struct span reason, struct span rule,
	const char *who, struct err *e);

/*
 * Somebody is away: his held mail stays until a week after that day
 * ("YYYY-MM-DD", at most a year from now).
 */
int retention_hold(struct db *db, struct span rcpt, struct span until,
	const char *who, struct err *e);
/* He is back; permanent error: he was not away. */
int retention_back(struct db *db, struct span rcpt, const char *who,
	struct err *e);

#endif
