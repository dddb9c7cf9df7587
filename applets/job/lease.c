#include "lease.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"

enum { CALL_MS = 10000, LEASE_S = 120, RENEW_MS = 20000, END_MS = 60000,
	AGAIN_MS = 1000 };

struct lease {
	struct db *db;		/* NULL: nothing to be done */
	const struct run *run;
	int64_t renewed_ms;
};

static void values(const struct lease *l, int64_t last, struct db_value v[4])
{
	v[0] = DB_OF_TEXT(span_of(l->run->job->name));
	v[1] = DB_OF_TEXT(span_of(l->run->w->name));
	v[2] = DB_OF_INT(l->run->due_ms);
	v[3] = DB_OF_INT(last);
}

/* Who else has it. */
static int say_holder(struct lease *l, struct err *e)
{
	struct db_value v = DB_OF_TEXT(span_of(l->run->job->name));
	struct db_rows *rows;

	if (db_call(l->db, "schedule_holder", &v, 1, &rows, e) < 0)
		return -1;
	if (db_count(rows)) {
		struct span who = db_span(rows, 0, 0);

		err_set(e, ERR_NONE, "%.*s %s it", SPAN_FMT(who),
			db_bool(rows, 0, 1) ? "runs" : "has run");
	} else {
		err_set(e, ERR_NONE, "another appliance runs it");
	}
	db_rows_free(&rows);
	return -1;
}

static int claim(struct lease *l, struct err *e)
{
	struct db_value v[4];
	struct db_rows *rows;
	bool mine;

	values(l, LEASE_S, v);
	if (db_call(l->db, "schedule_claim", v, 4, &rows, e) < 0)
		return -1;
	mine = db_count(rows) == 1;
	db_rows_free(&rows);
	return mine ? 0 : say_holder(l, e);
}

struct lease *lease_take(const struct run *r, struct err *e)
{
	struct lease *l = calloc(1, sizeof(*l));

	if (l == NULL)
		log_fatal("job: no memory");
	l->run = r;
	l->renewed_ms = clock_ms();
	if (!r->job->site || wiring_conninfo(r->w) == NULL)
		return l;
	l->db = db_new(wiring_conninfo(r->w), "pm_admin", CALL_MS);
	if (claim(l, e) == 0)
		return l;
	db_free(&l->db);
	free(l);
	return NULL;
}

void lease_renew(struct lease *l)
{
	struct db_value v[4];

	if (l->db == NULL || clock_ms() < l->renewed_ms + RENEW_MS)
		return;
	values(l, LEASE_S, v);
	/* One that fails is made up for by the next. */
	db_call(l->db, "schedule_renew", v, 4, NULL, NULL);
	l->renewed_ms = clock_ms();
}

void lease_end(struct lease **l, int code)
{
	int64_t until = clock_ms() + END_MS;
	struct db_value v[4];
	struct err e;

	values(*l, code, v);
	while ((*l)->db && db_call((*l)->db, "schedule_end", v, 4, NULL,
	    &e) < 0) {
		if (e.class != ERR_TEMPORARY || clock_left_ms(until) == 0) {
			log_warn("job %s: the database does not know that it "
				"is over: %s", (*l)->run->job->name, e.text);
			break;
		}
		clock_sleep_ms(AGAIN_MS);
	}
	if ((*l)->db)
		db_free(&(*l)->db);
	free(*l);
	*l = NULL;
}
