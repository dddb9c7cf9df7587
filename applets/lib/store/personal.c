#include "store/personal.h"

#include "store/quarantine.h"

static bool is_opt(const struct ticket *t)
{
	return t->action == TICKET_OPT_OUT || t->action == TICKET_OPT_IN;
}

/* Was the ticket used? */
static int look_use(struct db *db, const struct ticket *t, struct arena *a,
	struct personal *p, struct err *e)
{
	struct db_value v = DB_OF_TEXT(span_of(t->key.text));
	struct db_rows *rows;

	if (db_call(db, "link_used", &v, 1, &rows, e) < 0)
		return -1;
	if (db_count(rows)) {
		p->state = PERSONAL_USED;
		p->done_ms = db_int(rows, 0, 0);
		p->done = arena_span(a, db_span(rows, 0, 1));
	}
	db_rows_free(&rows);
	return 0;
}

static void take_message(const struct db_rows *rows, const struct ticket *t,
	struct arena *a, struct personal *p)
{
	struct span state = arena_span(a, db_span(rows, 0, 5));
	bool his = span_is(db_span(rows, 0, 8), "user");

	p->sender = arena_span(a, db_span(rows, 0, 0));
	p->subject = arena_span(a, db_span(rows, 0, 1));
	p->reason = arena_span(a, db_span(rows, 0, 2));
	p->received_ms = db_int(rows, 0, 3);
	p->address = arena_span(a, db_span(rows, 0, 4));
	p->allow = arena_span(a, db_span(rows, 0, 7));
	if (span_is(state, "held") && !his && t->action != TICKET_DELETE)
		p->state = PERSONAL_BARRED;
	if (span_is(state, "held"))
		return;
	p->state = PERSONAL_CLOSED;
	p->done_ms = db_int(rows, 0, 6);
	p->done = state;
}

static int look_message(struct db *db, const struct ticket *t,
	struct arena *a, struct personal *p, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(t->item.text)),
		DB_OF_INT(t->place) };
	struct db_rows *rows;

	if (db_call(db, "link_look", v, 2, &rows, e) < 0)
		return -1;
	if (db_count(rows))
		take_message(rows, t, a, p);
	else
		p->state = PERSONAL_GONE;
	db_rows_free(&rows);
	return 0;
}

int personal_look(struct db *db, const struct ticket *t, struct arena *a,
	struct personal *p_r, struct err *e)
{
	*p_r = (struct personal){ .state = PERSONAL_OPEN };
	if (!is_opt(t) && look_message(db, t, a, p_r, e) < 0)
		return -1;
	return look_use(db, t, a, p_r, e);
}

int personal_use(struct db *db, const struct id *key, const char *who,
	const char *what, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(key->text)),
		DB_OF_TEXT(span_of(who)), DB_OF_TEXT(span_of(what)) };
	struct db_rows *rows;
	bool fresh;

	if (db_call(db, "link_use", v, 3, &rows, e) < 0)
		return -1;
	fresh = db_bool(rows, 0, 0);
	db_rows_free(&rows);
	return fresh ? 0 : err_set(e, ERR_PERMANENT, "this link was used "
		"before");
}

int personal_opt(struct db *db, const struct personal_opt *o, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(o->person),
		DB_OF_TEXT(o->rule), DB_OF_BOOL(o->in),
		DB_OF_TEXT(span_of(o->who)), DB_OF_TEXT(span_of(o->via)) };

	return db_call(db, "digest_opt", v, 5, NULL, e);
}

static int act_opt(struct db *db, const struct ticket *t, const char *who,
	const char *via, struct err *e)
{
	const struct personal_opt o = { t->person, t->rule,
		t->action == TICKET_OPT_IN, who, via };

	if (db_begin(db, e) < 0)
		return -1;
	if (personal_use(db, &t->key, who, o.in ? "digests on" :
	    "digests off", e) < 0 || personal_opt(db, &o, e) < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, e);
}

static int act_message(struct db *db, const struct ticket *t,
	const struct personal *p, const char *who, const char *via,
	struct err *e)
{
	const struct quarantine q = { .db = db };
	const struct quarantine_order o = { .key = t->key, .who = who,
		.via = via, .rcpts = &p->address, .nrcpts = 1, .once = true,
		.approve = t->action == TICKET_ALLOW && p->allow.n };

	return t->action == TICKET_DELETE ?
		quarantine_delete(&q, &t->item, &o, e) :
		quarantine_release(&q, &t->item, &o, e);
}

int personal_act(struct db *db, const struct ticket *t, const char *via,
	struct arena *a, struct personal *p_r, struct err *e)
{
	const char *who = arena_printf(a, "%.*s, by a digest",
		SPAN_FMT(t->person));
	struct err again;
	int result;

	if (personal_look(db, t, a, p_r, e) < 0)
		return -1;
	if (p_r->state != PERSONAL_OPEN)
		return 0;
	result = is_opt(t) ? act_opt(db, t, who, via, e) :
		act_message(db, t, p_r, who, via, e);
	if (result >= 0)
		return 1;
	/* Somebody may have been faster, since we looked. */
	if (e->class != ERR_PERMANENT || personal_look(db, t, a, p_r,
	    &again) < 0 || p_r->state == PERSONAL_OPEN)
		return -1;
	return 0;
}
