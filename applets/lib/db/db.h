/*
 * PostgreSQL through named statements: the only layer that includes libpq.
 *
 * A statement is a block of sql/query/NAME.sql:
 *	-- name: message_put
 *	-- what it does, its parameters in order ($1 ids text[], …)
 *	-- login: pm_recorder		who it is for (or in the file's head)
 *	-- plan: message_sender_idx	optional: what its plan must use
 *	insert …
 * and is prepared when it is first used. No other SQL text exists outside
 * sql/. Parameters and results are binary. $n has the type of its value
 * (bool, int8, float8, text, bytea, or an array of it), a DB_NULL the type
 * that the statement gives it: write $1::uuid where a uuid is wanted, and
 * $2::text where $2 may be null.
 *
 * An answer counts only after ReadyForQuery: every call drains its results
 * and fails when any of them is an error. A call that failed as temporary
 * may have been carried out: repeat it, and see that it writes again
 * (reference: postgres.md, rules 1 and 2).
 *
 * Errors: temporary (no connection, time over, deadlock, disk full, server
 * going down: try again), permanent (these values will never do), bug (the
 * statement itself is wrong, or its login may not). When the connection is
 * lost or the server in trouble, a later call connects again, but not before
 * a pause that grows from 0.1 s to 5 s; until then calls fail at once.
 *
 * One struct db is for one thread.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

struct db;

/*
 * No I/O yet. conninfo: libpq's, several hosts allowed (conf/wiring.h has
 * it); `login` is used when it names no user, and in the place of each
 * "{login}" in it (a certificate a login). deadline_ms bounds each call
 * (connecting included).
 */
struct db *db_new(const char *conninfo, const char *login,
	unsigned deadline_ms);
/* Closes; *d becomes NULL. */
void db_free(struct db **d);

/* Connects if need be: is somebody there? */
int db_ready(struct db *d, struct err *e);
/* Closes the connection; the next call opens a new one. */
void db_forget(struct db *d);
/* The descriptor to poll for notices; -1: not connected. */
int db_fd(const struct db *d);

enum db_type {
	DB_NULL, DB_BOOL, DB_INT /* int8 */, DB_REAL, DB_TEXT, DB_BYTES,
	DB_BOOLS, DB_INTS, DB_TEXTS, DB_BYTESES,
};

/*
 * A parameter. Texts are made storable on the way: bytes that are not UTF-8,
 * and NUL, become U+FFFD. In an array a span whose p is NULL is SQL's null.
 */
struct db_value {
	enum db_type type;
	union {
		bool boolean;
		int64_t integer;
		double real;
		struct span span;
		const bool *bools;
		const int64_t *ints;
		const struct span *spans;
	};
	size_t n;		/* of an array */
};

#define DB_OF_BOOL(v) ((struct db_value){ DB_BOOL, { .boolean = (v) }, 0 })
#define DB_OF_INT(v) ((struct db_value){ DB_INT, { .integer = (v) }, 0 })
#define DB_OF_TEXT(v) ((struct db_value){ DB_TEXT, { .span = (v) }, 0 })
#define DB_OF_BYTES(v) ((struct db_value){ DB_BYTES, { .span = (v) }, 0 })
#define DB_OF_INTS(v, k) ((struct db_value){ DB_INTS, { .ints = (v) }, (k) })
#define DB_OF_TEXTS(v, k) \
	((struct db_value){ DB_TEXTS, { .spans = (v) }, (k) })
#define DB_OF_BYTESES(v, k) \
	((struct db_value){ DB_BYTESES, { .spans = (v) }, (k) })

/* Rows of an answer; they own their bytes until db_rows_free. */
struct db_rows;

/*
 * Carries out a statement. rows_r may be NULL. Result columns are bool, int2,
 * int4, int8, float8, text, bytea, uuid (read as text), timestamptz (read as
 * int: milliseconds since 1970) or text[] and bytea[]; any other is a bug
 * (cast inet, numeric, int8[] …). At most 64 values, 256 MB in all.
 */
int db_call(struct db *d, const char *statement, const struct db_value *v,
	size_t n, struct db_rows **rows_r, struct err *e);
void db_rows_free(struct db_rows **rows);

size_t db_count(const struct db_rows *rows);
size_t db_columns(const struct db_rows *rows);
const char *db_column(const struct db_rows *rows, size_t column);
enum db_type db_type(const struct db_rows *rows, size_t column);
bool db_is_null(const struct db_rows *rows, size_t row, size_t column);
/*
 * null reads as false, 0, or an empty span. Spans live with the rows. Asking
 * for another type than the column's (db_type) aborts.
 */
bool db_bool(const struct db_rows *rows, size_t row, size_t column);
int64_t db_int(const struct db_rows *rows, size_t row, size_t column);
double db_real(const struct db_rows *rows, size_t row, size_t column);
struct span db_span(const struct db_rows *rows, size_t row, size_t column);
/* Elements of an array, in the arena. */
size_t db_spans(const struct db_rows *rows, size_t row, size_t column,
	struct arena *a, struct span **spans_r);

/*
 * Carries out a script of ours, many statements at once (sql/schema/); `name`
 * is for messages. Its results are dropped. Without a transaction around it
 * it is one of its own.
 */
int db_script(struct db *d, const char *name, struct span text,
	struct err *e);

/*
 * A transaction: every call in it fails after one has; commit then rolls
 * back and returns that error. A commit that failed as temporary is in
 * doubt.
 */
int db_begin(struct db *d, struct err *e);
int db_commit(struct db *d, struct err *e);
void db_rollback(struct db *d);

/*
 * Wakes those who listen, at commit. To listen to CHANNEL there is a named
 * statement listen_CHANNEL (sql/query/db.sql). Listening survives
 * reconnection; db_heard says whether a notice came, or the connection is a
 * new one, since it was last asked: then look at the table. It does not wait,
 * and does not connect: poll db_fd, and call something now and then.
 */
int db_notify(struct db *d, const char *channel, struct err *e);
int db_listen(struct db *d, const char *channel, struct err *e);
bool db_heard(struct db *d);

#endif
