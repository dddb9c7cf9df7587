#include "userdata_pull.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "engine/userdata.h"

enum {
	LOOK_MS = 1000,
	/* A transaction that was long under way has an old version. */
	REFRESH_MS = 300000,
	FILE_MODE = 0644,
	ROWS_ARENA = 1 << 30,
};

static struct {
	int64_t looked_ms, pulled_ms;	/* 0: never */
	int64_t version, members;
	bool unwritten;			/* and that has been said */
} self;

/* Has anything changed since it was pulled? */
static int is_new(struct db *db, bool *new_r, int64_t *version_r,
	int64_t *members_r, struct err *e)
{
	struct db_rows *rows;

	if (db_call(db, "userdata_version", NULL, 0, &rows, e) < 0)
		return -1;
	*version_r = db_int(rows, 0, 0);
	*members_r = db_int(rows, 0, 1);
	db_rows_free(&rows);
	*new_r = self.pulled_ms == 0 || *version_r != self.version ||
		*members_r != self.members ||
		clock_ms() - self.pulled_ms > REFRESH_MS;
	return 0;
}

static void write_file(const struct db_rows *rows)
{
	struct arena *a = arena_new("user data", ROWS_ARENA);
	size_t n = db_count(rows), wrong;
	struct userdata_row *v = arena_array(a, n, sizeof(*v));
	struct buf b = { 0 };
	struct err e;

	for (size_t i = 0; i < n; i++)
		v[i] = (struct userdata_row){ db_span(rows, i, 0),
			db_span(rows, i, 1), db_span(rows, i, 2) };
	userdata_build(v, n, &b, &wrong);
	if (io_replace_file(JOURNAL_USERDATA, FILE_MODE, buf_bytes(&b),
	    &e) < 0) {
		if (!self.unwritten)
			log_error("%s: what users set does not reach the "
				"scanners", e.text);
		self.unwritten = true;
	} else {
		log_info("user data: %zu entries in %u parts, %zu that are "
			"none left out", n - wrong,
			(unsigned)userdata_count(buf_bytes(&b)), wrong);
		self.unwritten = false;
	}
	buf_free(&b);
	arena_free(&a);
}

int userdata_pull(struct db *db, struct err *e)
{
	int64_t version, members;
	struct db_rows *rows;
	bool fresh;

	if (self.looked_ms && clock_ms() - self.looked_ms < LOOK_MS)
		return 0;
	self.looked_ms = clock_ms();
	if (is_new(db, &fresh, &version, &members, e) < 0)
		return -1;
	if (!fresh && !self.unwritten)
		return 0;
	if (db_call(db, "userdata_rows", NULL, 0, &rows, e) < 0)
		return -1;
	write_file(rows);
	db_rows_free(&rows);
	self.version = version;
	self.members = members;
	self.pulled_ms = clock_ms();
	return 0;
}
