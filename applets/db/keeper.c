#include "keeper.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cluster.h"
#include "conf/wiring.h"
#include "migrate.h"
#include "role/life.h"

enum {
	ARENA_LIMIT = 32 << 20,
	CALL_MS = 60000,
	ROUND_MS = 60000,
	RETRY_MS = 2000,
	HOUR_ROUNDS = 60,
	TEXT_SIZE = 600,
};

struct keeper {
	struct db *db;
	int signals;
	unsigned rounds;
	char strays[TEXT_SIZE], clocks[TEXT_SIZE];
};

/* What is done every minute, in this order; and every hour. */
static const char *const each_minute[] = { "keeper_hour", "keeper_day",
	"keeper_expire_5min", "keeper_expire_sessions", "keeper_tally",
	"keeper_so_far", NULL };
static const char *const each_hour[] = { "keeper_partitions",
	"keeper_retention", "keeper_expire_hour", "keeper_expire_day",
	"keeper_expire_jobs", "keeper_expire_feedback",
	"keeper_expire_tally", "keeper_expire_links", "keeper_expire_logs",
	"keeper_expire_people", NULL };

/* One failing does not keep the others from their turn. */
static int do_all(struct db *d, const char *const *names, struct err *e)
{
	struct err why;
	int got = 0;

	for (; *names; names++)
		if (db_call(d, *names, NULL, 0, NULL, &why) < 0) {
			log_error("%s: %s", *names, why.text);
			*e = why;
			got = -1;
		}
	return got;
}

/* Mail of days that have no partition yet is given one first. */
static int find_strays(struct keeper *k, struct db_rows **rows_r,
	struct err *e)
{
	if (db_call(k->db, "keeper_strays", NULL, 0, rows_r, e) < 0)
		return -1;
	if (db_count(*rows_r) == 0)
		return 0;
	db_rows_free(rows_r);
	if (db_call(k->db, "keeper_partitions", NULL, 0, NULL, e) < 0)
		return -1;
	return db_call(k->db, "keeper_strays", NULL, 0, rows_r, e);
}

/* "12 in message_other, 3 in …": what lies in no partition of a day. */
static int look_at_strays(struct keeper *k, struct err *e)
{
	struct buf b = { 0 };
	struct db_rows *rows;

	if (find_strays(k, &rows, e) < 0)
		return -1;
	for (size_t i = 0; i < db_count(rows); i++)
		buf_printf(&b, "%s%lld in %.*s", i ? ", " : "rows outside "
			"all partitions: ", (long long)db_int(rows, i, 1),
			SPAN_FMT(db_span(rows, i, 0)));
	db_rows_free(&rows);
	snprintf(k->strays, sizeof(k->strays), "%s", buf_c(&b));
	buf_free(&b);
	return 0;
}

static int look_at_clocks(struct keeper *k, struct err *e)
{
	struct buf b = { 0 };
	struct db_rows *rows;

	if (db_call(k->db, "keeper_clocks", NULL, 0, &rows, e) < 0)
		return -1;
	for (size_t i = 0; i < db_count(rows); i++)
		buf_printf(&b, "%s%.*s by %lld s", i ? ", " : "clocks are "
			"ahead of the database's: ",
			SPAN_FMT(db_span(rows, i, 0)),
			(long long)db_int(rows, i, 1));
	db_rows_free(&rows);
	snprintf(k->clocks, sizeof(k->clocks), "%s", buf_c(&b));
	buf_free(&b);
	return 0;
}

/* One round; what it found is told. */
static int keep_house(struct keeper *k)
{
	char text[2 * TEXT_SIZE + 8];
	struct err e;
	int got = do_all(k->db, each_minute, &e);

	if (k->rounds % HOUR_ROUNDS == 0 &&
	    do_all(k->db, each_hour, &e) < 0)
		got = -1;
	if (got == 0 && (look_at_strays(k, &e) < 0 ||
	    look_at_clocks(k, &e) < 0))
		got = -1;
	/* An hour's work that failed is not put off for an hour. */
	k->rounds += got == 0;
	snprintf(text, sizeof(text), "%s%s%s", k->strays,
		k->strays[0] && k->clocks[0] ? "; " : "", k->clocks);
	life_alarm(ALARM_PARTITION, k->strays);
	life_alarm(ALARM_CLOCK, k->clocks);
	life_degraded(got < 0 ? e.text : text);
	return got;
}

/* Waits; true: it is time to end. */
static bool pause_ended(struct keeper *k, int ms)
{
	int64_t until = clock_ms() + ms;
	struct pollfd p = { k->signals, POLLIN, 0 };
	char what;

	while (clock_left_ms(until) > 0) {
		if (poll(&p, 1, (int)clock_left_ms(until)) <= 0)
			continue;
		if (read(k->signals, &what, 1) != 1)
			continue;
		if (what == 'T')
			return true;
		/* HUP: at once, and everything. */
		k->rounds = 0;
		return false;
	}
	return false;
}

static int migrate(const char *conninfo, struct arena *a, struct err *e)
{
	struct db *d = db_new(conninfo, CLUSTER_OWNER, MIGRATE_DEADLINE_MS);
	struct migrations ours;
	unsigned done;
	int got = migrate_ours(a, &ours, e);

	if (got == 0)
		got = migrate_run(d, &ours, &done, e);
	db_free(&d);
	return got;
}

static int serve(struct keeper *k)
{
	bool ready = false;

	for (;;) {
		bool well = keep_house(k) == 0;

		if (well && !ready)
			life_ready();
		ready |= well;
		if (pause_ended(k, well ? ROUND_MS : RETRY_MS))
			return EXIT_DONE;
	}
}

int keeper_run(const struct process *p)
{
	struct arena *a = arena_new("db keeper", ARENA_LIMIT);
	struct keeper k = { .signals = life_signals() };
	struct wiring w;
	struct err e;
	int result;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("db", &e);
	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = 64 });
	if (migrate(wiring_conninfo(&w), a, &e) < 0)
		return err_report("db", &e);
	k.db = db_new(wiring_conninfo(&w), CLUSTER_OWNER, CALL_MS);
	result = serve(&k);
	db_free(&k.db);
	arena_free(&a);
	return result;
}
