/*
 * A helper of a web role (web/helper.h): a process that answers requests on a
 * SEQPACKET socket, one a connection and one at a time, over a database of
 * its own log-in; so that guessing costs no more than one processor.
 */
#ifndef WEB_ATTENDANT_H
#define WEB_ATTENDANT_H

#include "db/db.h"
#include "web/helper_wire.h"

struct attendant {
	const char *conninfo, *login;
	unsigned db_ms;
	const char *away;	/* what it means when no database answers */
	enum helper_kind first, last;	/* requests that it answers */
	/*
	 * Appends the answer's packet; -1: temporary, and the other side
	 * hears nothing. db is connected, or tries.
	 */
	int (*answer)(struct db *db, const struct helper_request *r,
		struct arena *a, struct buf *packet, struct err *e);
	const char *name;	/* for the log: "log-in" */
	/* Its own. */
	struct db *db;
	bool is_away;
	int64_t patient_until;
	void (*degraded)(const char *text);
};

/*
 * Serves on the listener until TERM (read from `signals`: 'T'), calls ready()
 * first; 0.
 */
int attendant_serve(struct attendant *t, int listener, int signals,
	void (*ready)(void), void (*degraded)(const char *text));

#endif
