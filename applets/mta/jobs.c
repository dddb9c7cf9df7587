#include "jobs.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "job_copy.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "store/spool.h"

enum {
	DEADLINE_MS = 10000,
	LOOK_MS = 5000,		/* notices may be lost with a connection */
	PATIENCE_MS = 10000,	/* the database may still be starting */
	TEST_SLEEP_MS = 3000,
	JOB_ARENA = 1 << 30,
};

struct jobs {
	const char *appliance;
	struct db *db;
	struct seal_key *key;
	int signals;
	bool stop, settled;
	int64_t failing_since;	/* monotonic; 0: all is well */
	const char *stop_at;	/* the tests kill us there */
};

/*
 * PM_TEST_STOP=written or handed: sleeps there, so that a test can kill the
 * process between two steps.
 */
static void test_step(const struct jobs *s, const char *step)
{
	if (s->stop_at && strcmp(s->stop_at, step) == 0)
		clock_sleep_ms(TEST_SLEEP_MS);
}

/* A lease that was begun in doubt ends by itself, and is taken again. */
static int lease(struct jobs *s, struct arena *a, struct job *j, bool *none_r,
	struct err *e)
{
	struct db_value token;
	struct db_rows *rows;

	snprintf(j->token, sizeof(j->token), "%.253s/%s", s->appliance,
		id_new().text);
	token = DB_OF_TEXT(span_of(j->token));
	if (db_call(s->db, "job_lease", &token, 1, &rows, e) < 0)
		return -1;
	*none_r = db_count(rows) == 0;
	if (!*none_r) {
		struct span *rcpts;

		memcpy(j->key.text, db_span(rows, 0, 0).p, ID_TEXT_SIZE - 1);
		memcpy(j->message.text, db_span(rows, 0, 1).p,
			ID_TEXT_SIZE - 1);
		j->digest = db_bool(rows, 0, 4);
		j->nrcpts = db_spans(rows, 0, 2, a, &rcpts);
		j->rcpts = arena_array(a, j->nrcpts, sizeof(*rcpts));
		for (size_t i = 0; i < j->nrcpts; i++)
			j->rcpts[i] = arena_span(a, rcpts[i]);
	}
	db_rows_free(&rows);
	return 0;
}

/* It cannot be done now, or never. */
static int give_back(struct jobs *s, const struct job *j, struct err *e)
{
	bool never = e->class != ERR_TEMPORARY;
	struct db_value v[] = {
		DB_OF_TEXT(span_of(j->key.text)),
		DB_OF_TEXT(span_of(j->token)), DB_OF_TEXT(span_of(e->text)),
	};
	struct err why;

	log_error("jobs: message %s: %s%s", j->message.text, e->text,
		never ? ": given up" : "");
	if (db_call(s->db, never ? "job_failed" : "job_again", v, 3, NULL,
	    &why) < 0) {
		*e = why;
		return -1;
	}
	return 0;
}

/* In doubt the hidden copy stays: job_copy_settle asks again. */
static int hand_over(struct jobs *s, const struct job *j, const char *name,
	struct err *e)
{
	struct db_value v[] = {
		DB_OF_TEXT(span_of(j->key.text)),
		DB_OF_TEXT(span_of(j->token)),
	};
	struct db_rows *rows;
	bool ours;

	test_step(s, "written");
	if (db_call(s->db, "job_handed", v, 2, &rows, e) < 0) {
		s->settled = false;
		return -1;
	}
	ours = db_count(rows) == 1;
	db_rows_free(&rows);
	test_step(s, "handed");
	s->settled = s->settled && ours;
	if (!ours)
		return 0;
	if (spool_copy_publish(name, e) < 0) {
		s->settled = false;
		return -1;
	}
	log_info("jobs: message %s: handed over for %zu recipients",
		j->message.text, j->nrcpts);
	return 0;
}

/* One job; *none_r: there was none. */
static int take_one(struct jobs *s, bool *none_r, struct err *e)
{
	struct arena *a = arena_new("job", JOB_ARENA);
	struct job j = { 0 };
	const char *name;
	int result = lease(s, a, &j, none_r, e);

	if (result == 0 && !*none_r)
		result = job_copy_write(s->db, s->key, &j, a, &name, e) < 0 ?
			give_back(s, &j, e) : hand_over(s, &j, name, e);
	arena_free(&a);
	return result;
}

static void hear_signals(struct jobs *s)
{
	char c;

	while (read(s->signals, &c, 1) == 1)
		s->stop |= c == 'T';
}

/* Everything that is due. */
static int take_all(struct jobs *s, struct err *e)
{
	bool none = false;
	unsigned n;

	if (!s->settled) {
		if (job_copy_settle(s->db, s->appliance, &n, &s->settled,
		    e) < 0)
			return -1;
		if (n)
			log_info("jobs: handed over %u copies that a crash "
				"had left", n);
	}
	while (!none && !s->stop) {
		if (take_one(s, &none, e) < 0)
			return -1;
		hear_signals(s);
	}
	return 0;
}

/* Each trouble once; a database that is only starting is none. */
static void tell(struct jobs *s, int result, const struct err *e)
{
	char text[ERR_TEXT_MAX + 80];

	if (result == 0) {
		if (s->failing_since)
			log_info("jobs: the database answers again");
		s->failing_since = 0;
		life_trouble(ALARM_INJECTOR, NULL);
		return;
	}
	if (s->failing_since == 0) {
		s->failing_since = clock_ms();
		log_warn("jobs: %s", e->text);
	}
	if (clock_ms() - s->failing_since < PATIENCE_MS)
		return;
	snprintf(text, sizeof(text), "%s: mail that people release waits",
		e->text);
	life_trouble(ALARM_INJECTOR, text);
}

static void wait_for_more(struct jobs *s, bool failing)
{
	struct pollfd p[2] = {
		{ s->signals, POLLIN, 0 },
		{ failing ? -1 : db_fd(s->db), POLLIN, 0 },
	};

	poll(p, 2, failing ? LOOK_MS / 10 : LOOK_MS);
	db_heard(s->db);
	hear_signals(s);
}

static int serve(struct jobs *s)
{
	struct err e = { .class = ERR_NONE };

	/* That it hears is no matter: it looks, too. */
	db_listen(s->db, "job", &e);
	life_ready();
	while (!s->stop) {
		int result = take_all(s, &e);

		tell(s, result, &e);
		if (!s->stop)
			wait_for_more(s, result < 0);
	}
	return EXIT_DONE;
}

static int idle(struct jobs *s)
{
	struct pollfd p = { s->signals, POLLIN, 0 };

	life_ready();
	while (!s->stop) {
		poll(&p, 1, -1);
		hear_signals(s);
	}
	return EXIT_DONE;
}

static int confine(struct err *e)
{
	static const struct sandbox_path paths[] = {
		{ ROOT_SPOOL "/inject", SANDBOX_WRITE },
		{ ROOT_ETC "/db", SANDBOX_MAYBE }, /* our certificates */
		{ 0 },
	};

	life_rlimits(&(struct life_rlimits){ .nofile = 64,
		.as = UINT64_C(4) << 30 });
	return sandbox_confine(paths, SANDBOX_INJECTOR, e);
}

int jobs_run(const struct process *p)
{
	struct arena *a = arena_new("jobs wiring", 16 << 20);
	struct jobs s = { .stop_at = getenv("PM_TEST_STOP") };
	const char *conninfo;
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("mta", &e);
	conninfo = wiring_conninfo(&w);
	s.appliance = w.name ? w.name : "localhost";
	s.signals = life_signals();
	life_drop_power(p);
	if (conninfo) {
		s.key = seal_load(SEAL_KEY_FILE, &e);
		if (s.key == NULL)
			return err_report("mta", &e);
	}
	if (confine(&e) < 0)
		return err_report("mta", &e);
	if (conninfo == NULL)
		return idle(&s);
	s.db = db_new(conninfo, "pm_injector", DEADLINE_MS);
	return serve(&s);
}
