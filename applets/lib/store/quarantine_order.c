/*
 * Orders in the database: a transaction that first locks the entry, so that
 * two at once follow each other, then asks whether this very order was
 * carried out before. What follows sees the other's work. A release makes a
 * job; the injector's commit that marks it "handed" is the point after which
 * it is never sent again (applets/mta/jobs.h).
 */
#include "store/quarantine_db.h"

#include <string.h>

#include "base/clock.h"
#include "store/personal.h"

enum { ORDER_ARENA = 256 << 20, DETAIL_MAX = 4000 };

/* One recipient of the message. */
struct person {
	int64_t n;
	struct span address, name; /* as it stood; in lower case */
	bool held, released, deleted;
	bool wanted;		/* the order speaks of him */
};

struct work {
	struct db *db;
	struct arena *a;
	enum quarantine_verb verb;
	const struct quarantine_order *o;
	struct span id, class, sender;
	struct person *people;
	size_t npeople;
};

/* Locks the entry; *found_r: is it there? */
static int lock(struct work *w, bool *found_r, struct err *e)
{
	struct db_value v = DB_OF_TEXT(w->id);
	struct db_rows *rows;

	if (db_call(w->db, "quarantine_lock", &v, 1, &rows, e) < 0)
		return -1;
	*found_r = db_count(rows) > 0;
	if (*found_r) {
		w->class = arena_span(w->a, db_span(rows, 0, 0));
		w->sender = arena_span(w->a, db_span(rows, 0, 1));
	}
	db_rows_free(&rows);
	return 0;
}

/* The count of the order if it was carried out before, else 0; -1. */
static int repeated(const struct work *w, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(w->id),
		DB_OF_TEXT(span_of(w->o->key.text)) };
	struct db_rows *rows;
	int64_t n = 0;

	if (db_call(w->db, "quarantine_repeated", v, 2, &rows, e) < 0)
		return -1;
	if (db_count(rows))
		n = db_int(rows, 0, 0) > 0 ? db_int(rows, 0, 0) : 1;
	db_rows_free(&rows);
	return (int)n;
}

/* A ticket is noted with what it orders, or not at all. */
static int use_ticket(const struct work *w, struct err *e)
{
	static const char *const words[] = {
		[QUARANTINE_RELEASE] = "released",
		[QUARANTINE_DELETE] = "deleted",
	};

	return personal_use(w->db, &w->o->key, w->o->who, words[w->verb], e);
}

static int read_people(struct work *w, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(w->class),
		DB_OF_TEXT(w->id) };
	struct db_rows *rows;

	if (db_call(w->db, "quarantine_rcpts", v, 2, &rows, e) < 0)
		return -1;
	w->npeople = db_count(rows);
	w->people = arena_array(w->a, w->npeople + 1, sizeof(*w->people));
	for (size_t i = 0; i < w->npeople; i++)
		w->people[i] = (struct person){
			.n = db_int(rows, i, 0),
			.address = arena_span(w->a, db_span(rows, i, 1)),
			.name = arena_span(w->a, db_span(rows, i, 2)),
			.held = span_is(db_span(rows, i, 3), "held"),
			.released = span_is(db_span(rows, i, 3), "released"),
			.deleted = span_is(db_span(rows, i, 3), "deleted") };
	db_rows_free(&rows);
	return 0;
}

/* Whom the order speaks of; strangers are an error. */
static int choose(struct work *w, struct err *e)
{
	const struct quarantine_order *o = w->o;

	for (size_t j = 0; j < w->npeople; j++)
		w->people[j].wanted = o->nrcpts == 0;
	for (size_t i = 0; i < o->nrcpts; i++) {
		bool found = false;

		for (size_t j = 0; j < w->npeople; j++)
			if (span_caseeq(o->rcpts[i], w->people[j].address))
				found = w->people[j].wanted = true;
		if (!found)
			return err_set(e, ERR_PERMANENT, "%.*s is no "
				"recipient of %.*s: use forward",
				SPAN_FMT(o->rcpts[i]), SPAN_FMT(w->id));
	}
	return 0;
}

/* There is nobody left to do it for: says who did it, and when. */
static int say_done(const struct work *w, const char *what, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(w->id),
		DB_OF_TEXT(span_of(what)) };
	const char *again = w->verb != QUARANTINE_RELEASE ? "" :
		strcmp(what, "deleted") == 0 ? ": restore it" : ": use --again";
	char stamp[CLOCK_STAMP_SIZE];
	struct db_rows *rows;

	if (db_call(w->db, "quarantine_ended", v, 2, &rows, e) < 0)
		return -1;
	if (db_count(rows)) {
		struct span who = arena_span(w->a, db_span(rows, 0, 1));

		clock_stamp(db_int(rows, 0, 0), stamp);
		err_set(e, ERR_PERMANENT, "%.*s was %s at %s by %.*s%s",
			SPAN_FMT(w->id), what, stamp, SPAN_FMT(who), again);
	} else {
		err_set(e, ERR_PERMANENT, "%.*s was %s%s", SPAN_FMT(w->id),
			what, again);
	}
	db_rows_free(&rows);
	return -1;
}

static int none(const struct work *w, struct err *e)
{
	bool released = false;

	for (size_t i = 0; i < w->npeople; i++)
		released |= w->people[i].wanted && w->people[i].released;
	if (w->verb == QUARANTINE_RESTORE && released)
		return say_done(w, "released", e);
	if (w->verb == QUARANTINE_RESTORE)
		return err_set(e, ERR_PERMANENT, "%.*s is held: there is "
			"nothing to restore", SPAN_FMT(w->id));
	return say_done(w, released ? "released" : "deleted", e);
}

static int mark(const struct work *w, const int64_t *n, size_t count,
	const char *state, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(w->class),
		DB_OF_TEXT(w->id), DB_OF_INTS(n, count),
		DB_OF_TEXT(span_of(state)), DB_OF_TEXT(span_of(w->o->who)) };

	return db_call(w->db, "quarantine_mark", v, 5, NULL, e);
}

static int make_job(const struct work *w, const char *kind,
	const struct span *rcpts, size_t n, struct err *e)
{
	const struct db_value v[] = {
		DB_OF_TEXT(span_of(w->o->key.text)), DB_OF_TEXT(span_of(kind)),
		DB_OF_TEXT(w->id), DB_OF_BYTESES(rcpts, n),
		DB_OF_TEXT(span_of(w->o->who)), DB_OF_INT(w->o->wait_s) };

	if (db_call(w->db, "quarantine_job", v, 6, NULL, e) < 0)
		return -1;
	return db_notify(w->db, "job", e);
}

/* "to a@example.org b@example.org" */
static struct span addresses(const struct work *w, const char *before,
	const struct span *rcpts, size_t n)
{
	struct buf b = { .arena = w->a };

	buf_string(&b, before);
	for (size_t i = 0; i < n && b.n < DETAIL_MAX; i++) {
		buf_byte(&b, ' ');
		buf_span(&b, span_sub(rcpts[i], 0, DETAIL_MAX));
	}
	return buf_bytes(&b);
}

static int tell(const struct work *w, const struct id *key, const char *what,
	struct span detail, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(w->id),
		DB_OF_TEXT(span_of(key->text)),
		DB_OF_TEXT(span_of(w->o->who)), DB_OF_TEXT(span_of(what)),
		DB_OF_TEXT(detail), DB_OF_TEXT(span_of(w->o->via)) };

	return db_call(w->db, "quarantine_told", v, 6, NULL, e);
}

static int approve(const struct work *w, const struct span *names, size_t n,
	struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXTS(names, n),
		DB_OF_TEXT(w->sender), DB_OF_TEXT(span_of(w->o->who)) };
	struct buf detail = { .arena = w->a };
	struct id key = id_new();

	buf_span(&detail, w->sender);
	buf_span(&detail, addresses(w, " for", names, n));
	if (db_call(w->db, "quarantine_approve", v, 3, NULL, e) < 0)
		return -1;
	return tell(w, &key, "approved", buf_bytes(&detail), e);
}

/* Who asked for what was now done, or will now never be, has his answer. */
static int settle(const struct work *w, const struct span *names, size_t n,
	const char *state, const char *answer, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(w->id), DB_OF_TEXTS(names, n),
		DB_OF_TEXT(span_of(state)), DB_OF_TEXT(span_of(w->o->who)),
		DB_OF_TEXT(span_of(answer)) };

	return db_call(w->db, "request_settle", v, 5, NULL, e);
}

/* People the order speaks of, as columns. */
struct chosen {
	int64_t *n;
	struct span *address, *name;
	size_t count;
};

static struct chosen pick(const struct work *w,
	bool (*fits)(const struct work *w, const struct person *p))
{
	struct chosen c = {
		arena_array(w->a, w->npeople + 1, sizeof(*c.n)),
		arena_array(w->a, w->npeople + 1, sizeof(*c.address)),
		arena_array(w->a, w->npeople + 1, sizeof(*c.name)), 0
	};

	for (size_t i = 0; i < w->npeople; i++)
		if (w->people[i].wanted && fits(w, &w->people[i])) {
			c.n[c.count] = w->people[i].n;
			c.address[c.count] = w->people[i].address;
			c.name[c.count++] = w->people[i].name;
		}
	return c;
}

static bool may_release(const struct work *w, const struct person *p)
{
	return p->held || (w->o->again && p->released);
}

static bool is_held(const struct work *w, const struct person *p)
{
	(void)w;
	return p->held;
}

static bool is_deleted(const struct work *w, const struct person *p)
{
	(void)w;
	return p->deleted;
}

static bool is_anybody(const struct work *w, const struct person *p)
{
	(void)w;
	(void)p;
	return true;
}

static int release(struct work *w, struct err *e)
{
	struct chosen c = pick(w, may_release);

	if (w->o->approve && w->sender.n == 0)
		return err_set(e, ERR_PERMANENT, "%.*s has no sender that "
			"could be approved: release it only", SPAN_FMT(w->id));
	if (c.count == 0)
		return none(w, e);
	if (mark(w, c.n, c.count, "released", e) < 0 ||
	    make_job(w, "release", c.address, c.count, e) < 0 ||
	    settle(w, c.name, c.count, "approved", "", e) < 0 ||
	    (w->o->approve && approve(w, c.name, c.count, e) < 0) ||
	    tell(w, &w->o->key, "released", addresses(w, "to", c.address,
		c.count), e) < 0)
		return -1;
	return (int)c.count;
}

static int forward(struct work *w, struct err *e)
{
	const struct quarantine_order *o = w->o;

	if (make_job(w, "forward", o->rcpts, o->nrcpts, e) < 0 ||
	    tell(w, &o->key, "forwarded", addresses(w, "to", o->rcpts,
		o->nrcpts), e) < 0)
		return -1;
	return (int)o->nrcpts;
}

static int delete(struct work *w, struct err *e)
{
	struct chosen c = pick(w, is_held);

	if (c.count == 0)
		return none(w, e);
	if (mark(w, c.n, c.count, "deleted", e) < 0 ||
	    settle(w, c.name, c.count, "denied", "it was deleted", e) < 0 ||
	    tell(w, &w->o->key, "deleted", addresses(w, "for", c.address,
		c.count), e) < 0)
		return -1;
	return (int)c.count;
}

/* Releases that wait are taken back; whom they were for is held again. */
static int undo(struct work *w, struct chosen *c, struct err *e)
{
	struct chosen asked = pick(w, is_anybody);
	const struct db_value v[] = { DB_OF_TEXT(w->class),
		DB_OF_TEXT(w->id), DB_OF_INTS(asked.n, asked.count) };
	struct db_rows *rows;

	if (db_call(w->db, "quarantine_undo", v, 3, &rows, e) < 0)
		return -1;
	for (size_t i = 0; i < db_count(rows); i++)
		for (size_t j = 0; j < w->npeople; j++)
			if (w->people[j].n == db_int(rows, i, 0) &&
			    c->count < w->npeople) {
				c->n[c->count] = w->people[j].n;
				c->address[c->count++] = w->people[j].address;
			}
	db_rows_free(&rows);
	return 0;
}

static int restore(struct work *w, struct err *e)
{
	struct chosen c = pick(w, is_deleted);

	if (undo(w, &c, e) < 0)
		return -1;
	if (c.count == 0)
		return none(w, e);
	if (mark(w, c.n, c.count, "held", e) < 0 ||
	    tell(w, &w->o->key, "restored", addresses(w, "for", c.address,
		c.count), e) < 0)
		return -1;
	return (int)c.count;
}

/* To the class that nothing ends, or back to that of its reason. */
static int keep(const struct work *w, const char *class, const char *what,
	struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(w->id),
		DB_OF_TEXT(span_of(class)), DB_OF_TEXT(span_of(w->o->who)) };
	bool is_kept = span_is(w->class, "held"), moved;
	struct db_rows *rows;

	if (is_kept == (class[0] != 0))
		return err_set(e, ERR_PERMANENT, "%.*s is %s", SPAN_FMT(w->id),
			is_kept ? "kept already" : "not kept: its retention "
			"counts");
	if (db_call(w->db, "held_class", v, 3, &rows, e) < 0)
		return -1;
	moved = db_int(rows, 0, 0) > 0;
	db_rows_free(&rows);
	if (!moved)
		return err_set(e, ERR_PERMANENT, "%.*s was withheld for a "
			"reason whose mail is an archive: `pm quarantine "
			"reasons` lists them", SPAN_FMT(w->id));
	return tell(w, &w->o->key, what, SPAN(""), e) < 0 ? -1 : 1;
}

static int say_learnt(const struct work *w, const char *what, struct err *e)
{
	/* A line of its own, unless it is all of the order. */
	struct id key = w->verb == QUARANTINE_LEARN ? w->o->key : id_new();

	return tell(w, &key, what, SPAN(""), e) < 0 ? -1 : 1;
}

static int learn(const struct work *w, struct err *e)
{
	bool spam = w->o->learn == QUARANTINE_LEARN_SPAM;
	const struct db_value v[] = { DB_OF_TEXT(w->id),
		DB_OF_TEXT(span_of(w->o->learner ? w->o->learner : "")),
		DB_OF_BOOL(spam) };

	return db_call(w->db, "quarantine_learn", v, 3, NULL, e) < 0 ? -1 :
		say_learnt(w, spam ? "learnt as spam" : "learnt as wanted", e);
}

static int unlearn(const struct work *w, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(w->id),
		DB_OF_TEXT(span_of(w->o->learner ? w->o->learner : "")) };
	struct db_rows *rows;
	size_t n;

	if (db_call(w->db, "quarantine_unlearn", v, 2, &rows, e) < 0)
		return -1;
	n = db_count(rows);
	db_rows_free(&rows);
	if (n)
		return say_learnt(w, "unlearnt", e);
	return w->verb != QUARANTINE_LEARN ? 0 : err_set(e, ERR_PERMANENT,
		"%.*s: was not learnt", SPAN_FMT(w->id));
}

/* Restored, it is as if nothing had been said. */
static int teach(const struct work *w, struct err *e)
{
	if (w->verb == QUARANTINE_RESTORE ||
	    w->o->learn == QUARANTINE_LEARN_UNDO)
		return unlearn(w, e);
	return w->o->learn ? learn(w, e) : 0;
}

static int act(struct work *w, struct err *e)
{
	switch (w->verb) {
	case QUARANTINE_FORWARD:
		return forward(w, e);
	case QUARANTINE_RELEASE:
		return release(w, e);
	case QUARANTINE_DELETE:
		return delete(w, e);
	case QUARANTINE_RESTORE:
		return restore(w, e);
	case QUARANTINE_KEEP:
		return keep(w, "held", "kept", e);
	case QUARANTINE_UNKEEP:
		return keep(w, "", "unkept", e);
	case QUARANTINE_LEARN:
		break;
	}
	return teach(w, e);
}

static int did(const struct work *w, struct err *e)
{
	const struct db_value v[] = {
		DB_OF_TEXT(span_of(w->o->action->text)), DB_OF_TEXT(w->id),
		DB_OF_TEXT(span_of(w->o->key.text)) };

	return db_call(w->db, "action_did", v, 3, NULL, e);
}

/* In the open transaction. */
static int carry_out(struct work *w, bool *found_r, struct err *e)
{
	bool whom = w->verb != QUARANTINE_FORWARD &&
		w->verb != QUARANTINE_KEEP && w->verb != QUARANTINE_UNKEEP &&
		w->verb != QUARANTINE_LEARN;
	int n;

	if (lock(w, found_r, e) < 0 || !*found_r)
		return -1;
	if (w->o->once && use_ticket(w, e) < 0)
		return -1;
	n = repeated(w, e);
	if (n != 0)
		return n;
	if (whom && (read_people(w, e) < 0 || choose(w, e) < 0))
		return -1;
	n = act(w, e);
	if (n > 0 && w->o->action && did(w, e) < 0)
		return -1;
	return n >= 0 && w->verb != QUARANTINE_LEARN && teach(w, e) < 0 ? -1 :
		n;
}

int quarantine_carry_out(const struct quarantine *q, enum quarantine_verb verb,
	const struct id *id, const struct quarantine_order *o, bool *found_r,
	struct err *e)
{
	struct work w = { .db = q->db, .verb = verb, .o = o,
		.id = span_of(id->text) };
	int n;

	*found_r = false;
	if (db_begin(q->db, e) < 0)
		return -1;
	w.a = arena_new("order", ORDER_ARENA);
	n = carry_out(&w, found_r, e);
	arena_free(&w.a);
	if (n < 0)
		db_rollback(q->db);
	else if (db_commit(q->db, e) < 0)
		n = -1;
	return n;
}
