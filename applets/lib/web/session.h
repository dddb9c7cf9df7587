/*
 * Sessions of people at our pages, in the database (table session). They are
 * made by the log-in helper; a row is found by the SHA-256 of the cookie, so
 * that who reads the table cannot log in. A session ends after 30 minutes of
 * silence, at its absolute end, or when somebody logs out.
 */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include "db/db.h"
#include "web/http.h"

/*
 * *session_r in the arena; NULL: there is none. Notes, at most once a
 * minute, that it was seen. -1: it could not be looked up.
 */
int session_find(struct db *db, const char *scope, struct span cookie,
	struct arena *a, const struct web_session **session_r, struct err *e);
/* Logging out; a session that is gone is fine. */
int session_end(struct db *db, const char *scope, struct span cookie,
	struct err *e);

#endif
