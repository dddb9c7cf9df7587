/*
 * One connection to the server: opened when needed, given up when in doubt,
 * not opened again before a pause. Used by db.c only.
 *
 * Nothing here blocks past `until` (clock_ms). There is no PQcancel: it waits
 * for the postmaster without an end, so a frozen server would freeze us. The
 * server stops by itself instead (statement_timeout, and it looks every
 * second whether we are still there).
 */
#ifndef DB_LINK_H
#define DB_LINK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
	LINK_PAUSE_MIN_MS = 100,
	LINK_PAUSE_MAX_MS = 5000,
	LINK_CONNECT_MS = 10000, /* the longest wait for a connection */
};

struct link {
	const char *conninfo, *login;
	unsigned deadline_ms;
	PGconn *conn;		/* NULL: not connected */
	bool heard;		/* a notice came, or it is a new connection */
	bool doubt;		/* the server warned that it is not safe */
	unsigned pause_ms;
	int64_t not_before;
	char why[ERR_TEXT_MAX];	/* it was lost or refused */
};

/* Connected already, or connects. *new_r: it did so now. */
int link_open(struct link *l, int64_t until, bool *new_r, struct err *e);
void link_close(struct link *l);
/* Closes and begins, or lengthens, the pause. */
void link_lost(struct link *l, const char *why);
/* Something was answered: the next pause is the shortest again. */
void link_answered(struct link *l);

/*
 * Waits for the end of what was sent: ReadyForQuery. The result is the
 * caller's. `known`: the statement was prepared long before. An error of any
 * result is the error of the call; the link is closed if it is of no more
 * use.
 */
int link_finish(struct link *l, const char *statement, bool known,
	int64_t until, PGresult **result_r, struct err *e);

/* Reads what came by itself. False: the connection is gone. */
bool link_look(struct link *l);

#endif
