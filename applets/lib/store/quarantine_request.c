#include "store/quarantine_request.h"

/* What request_put found out. */
static int judge(const struct db_rows *rows, const struct id *id,
	struct span rcpt, struct err *e)
{
	struct span rule, state;

	if (db_count(rows) == 0)
		return err_set(e, ERR_PERMANENT, "%.*s is no recipient of %s",
			SPAN_FMT(rcpt), id->text);
	rule = db_span(rows, 0, 0);
	state = db_span(rows, 0, 1);
	if (db_span(rows, 0, 2).n)
		return 0;
	if (!span_is(state, "held"))
		return err_set(e, ERR_PERMANENT, "%s was %.*s for %.*s",
			id->text, SPAN_FMT(state), SPAN_FMT(rcpt));
	if (span_is(rule, "nobody"))
		return err_set(e, ERR_PERMANENT, "%s: mail that was withheld "
			"for this reason is released by administrators alone; "
			"it cannot be asked for", id->text);
	return err_set(e, ERR_PERMANENT, "%s need not be asked for: whoever "
		"it is for may release it", id->text);
}

static int tell(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, const char *what, struct span detail,
	struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(id->text)),
		DB_OF_TEXT(span_of(o->key.text)), DB_OF_TEXT(span_of(o->who)),
		DB_OF_TEXT(span_of(what)), DB_OF_TEXT(detail),
		DB_OF_TEXT(span_of(o->via)) };

	return db_call(q->db, "quarantine_told", v, 6, NULL, e);
}

static int put(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct span note, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(id->text)),
		DB_OF_TEXT(o->rcpts[0]), DB_OF_TEXT(span_of(o->who)),
		DB_OF_TEXT(note) };
	struct db_rows *rows;
	int result;

	if (db_call(q->db, "request_put", v, 4, &rows, e) < 0)
		return -1;
	result = judge(rows, id, o->rcpts[0], e);
	db_rows_free(&rows);
	return result < 0 ? -1 : tell(q, id, o, "asked for", o->rcpts[0], e);
}

static int settle(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct span answer, struct err *e)
{
	struct buf name = { 0 };
	struct span names[1];
	struct db_rows *rows;
	bool found;
	int result;

	for (size_t i = 0; i < o->rcpts[0].n; i++)
		buf_byte(&name, span_lower(o->rcpts[0].p[i]));
	names[0] = buf_bytes(&name);
	result = db_call(q->db, "request_settle", (const struct db_value[]){
		DB_OF_TEXT(span_of(id->text)), DB_OF_TEXTS(names, 1),
		DB_OF_TEXT(SPAN("denied")), DB_OF_TEXT(span_of(o->who)),
		DB_OF_TEXT(answer) }, 5, &rows, e);
	buf_free(&name);
	if (result < 0)
		return -1;
	found = db_count(rows) > 0;
	db_rows_free(&rows);
	return found ? tell(q, id, o, "refused to release", o->rcpts[0], e) :
		err_set(e, ERR_PERMANENT, "%.*s does not ask for %s, or was "
			"answered: `pm quarantine requests --all` says so",
			SPAN_FMT(o->rcpts[0]), id->text);
}

/* Both are a transaction, and take one recipient. */
static int in_one(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct span text,
	int (*run)(const struct quarantine *q, const struct id *id,
		const struct quarantine_order *o, struct span text,
		struct err *e), struct err *e)
{
	if (q->db == NULL)
		return err_set(e, ERR_PERMANENT, "that needs the database, "
			"and none is wired");
	if (o->nrcpts != 1)
		return err_set(e, ERR_PERMANENT, "for whom? Name one "
			"recipient");
	if (text.n > REQUEST_NOTE_MAX)
		return err_set(e, ERR_PERMANENT, "a note of %zu bytes: at most "
			"%d", text.n, REQUEST_NOTE_MAX);
	if (db_begin(q->db, e) < 0)
		return -1;
	if (run(q, id, o, text, e) < 0) {
		db_rollback(q->db);
		return -1;
	}
	return db_commit(q->db, e);
}

int quarantine_request(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct span note, struct err *e)
{
	return in_one(q, id, o, note, put, e);
}

int quarantine_deny(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct span answer, struct err *e)
{
	return in_one(q, id, o, answer, settle, e);
}

static void take(const struct db_rows *rows, size_t i, struct arena *a,
	struct quarantine_asked *r)
{
	struct span *const texts[] = { &r->rcpt, NULL, &r->who, &r->note,
		&r->state, NULL, &r->decided_by, &r->answer, &r->sender,
		&r->subject, &r->reason };

	id_parse(db_span(rows, i, 0), &r->id);
	r->asked_ms = db_int(rows, i, 2);
	r->decided_ms = db_int(rows, i, 6);
	for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++)
		if (texts[k])
			*texts[k] = arena_span(a, db_span(rows, i, k + 1));
}

int quarantine_requests(struct db *db, bool all, size_t limit,
	struct arena *a, struct quarantine_asked **v_r, size_t *n_r,
	struct err *e)
{
	const struct db_value v[] = { DB_OF_BOOL(all),
		DB_OF_INT((int64_t)limit) };
	struct db_rows *rows;

	if (db_call(db, "request_list", v, 2, &rows, e) < 0)
		return -1;
	*n_r = db_count(rows);
	*v_r = arena_array(a, *n_r + 1, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++)
		take(rows, i, a, &(*v_r)[i]);
	db_rows_free(&rows);
	return 0;
}

int quarantine_requests_open(struct db *db, size_t *n_r, struct err *e)
{
	struct db_rows *rows;

	if (db_call(db, "request_count", NULL, 0, &rows, e) < 0)
		return -1;
	*n_r = (size_t)db_int(rows, 0, 0);
	db_rows_free(&rows);
	return 0;
}
