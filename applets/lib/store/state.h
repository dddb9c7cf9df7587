/*
 * What became of a quarantined message: ID.state, replaced as a whole.
 *
 *	released 2
 *	2026-11-22T20:17:05.123Z alice released to a@example.org
 *
 * "released 2 moving": it is on its way to the database (store/move.h), or
 * there already; nobody may act on it here.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "store/commit.h"
#include "store/held.h"

struct state {
	enum quarantine_state state;
	unsigned copies;
	bool moving;
	struct span history;	/* lines, each with its end */
};

/* quarantine/DAY/[.]ID, quarantine/DAY/ID.state, quarantine/DAY */
void state_paths_file(const struct id *id, const char *dot,
	char out[COMMIT_PATH_MAX]);
void state_paths_state(const struct id *id, char out[COMMIT_PATH_MAX]);
void state_paths_day(const struct id *id, char out[COMMIT_PATH_MAX]);

/* No such file: held, nothing happened yet. */
int state_load(const struct id *id, struct arena *a, struct state *s_r,
	struct err *e);
int state_save(const struct id *id, const struct state *s, struct err *e);

/* Appends "TIME WHO TEXT" to the history. */
void state_note(struct state *s, const char *who, struct span text,
	struct arena *a);
/* The last line whose third word is `verb`: its "TIME by WHO", or NULL. */
const char *state_last(const struct state *s, const char *verb,
	struct arena *a);

#endif
