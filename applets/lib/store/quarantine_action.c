#include "store/quarantine_action.h"

#include <string.h>

#include "base/clock.h"

enum { ARENA = 1 << 28, PAGE = 200, TRIES = 4, PAUSE_MS = 300 };

typedef int carry_out(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e);

static const struct {
	const char *done;
	carry_out *run, *undo;
} acts[] = {
	[QUARANTINE_ACT_RELEASE] = { "released", quarantine_release,
		quarantine_restore },
	[QUARANTINE_ACT_DELETE] = { "deleted", quarantine_delete,
		quarantine_restore },
	[QUARANTINE_ACT_KEEP] = { "kept", quarantine_keep, quarantine_unkeep },
	[QUARANTINE_ACT_UNKEEP] = { "unkept", quarantine_unkeep,
		quarantine_keep },
};

const char *quarantine_act_done(enum quarantine_act act)
{
	return acts[act].done;
}

/* What a search found, before anything of it is touched. */
struct found {
	struct one {
		struct id id;
		struct span *rcpts;	/* of the group */
		size_t nrcpts;
	} *v;
	size_t n, limit;
	const struct group_people *group; /* NULL: all recipients */
	struct arena *a;
	struct quarantine_tally *tally;
};

static void take_rcpts(const struct found *f,
	const struct quarantine_entry *entry, struct one *one)
{
	one->rcpts = arena_array(f->a, entry->nrcpts + 1,
		sizeof(*one->rcpts));
	for (size_t i = 0; i < entry->nrcpts; i++)
		if (group_has(f->group, entry->rcpts[i].address))
			one->rcpts[one->nrcpts++] = arena_span(f->a,
				entry->rcpts[i].address);
}

static bool take(const struct quarantine_entry *entry, void *context)
{
	struct found *f = context;

	if (entry->on_disk) {
		f->tally->on_disk++;
		return true;
	}
	f->v[f->n] = (struct one){ .id = entry->id };
	if (f->group)
		take_rcpts(f, entry, &f->v[f->n]);
	f->n++;
	return f->n < f->limit;
}

/* One order; in doubt it is asked again, and is the same one. */
static int order(const struct quarantine *q, carry_out *run,
	const struct id *id, const struct quarantine_order *like,
	struct err *e)
{
	struct quarantine_order o = *like;
	int n = -1;

	o.key = id_new();
	for (unsigned i = 0; i < TRIES; i++) {
		if (i)
			clock_sleep_ms(PAUSE_MS);
		n = run(q, id, &o, e);
		if (n >= 0 || e->class != ERR_TEMPORARY)
			break;
	}
	return n;
}

static int begin(const struct quarantine *q, enum quarantine_act act,
	const struct quarantine_order *o, const char *search,
	const struct id *action, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(action->text)),
		DB_OF_TEXT(span_of(o->who)),
		DB_OF_TEXT(span_of(acts[act].done)),
		DB_OF_TEXT(span_of(search)), DB_OF_TEXT(span_of(o->via)) };

	return db_call(q->db, "action_begin", v, 5, NULL, e);
}

static int act_on(const struct quarantine *q, enum quarantine_act act,
	const struct found *f, const struct quarantine_order *like,
	struct err *e)
{
	struct quarantine_order o = *like;
	bool by_group = f->group && like->nrcpts == 0;

	o.action = &f->tally->action;
	for (size_t i = 0; i < f->n; i++) {
		const struct one *one = &f->v[i];
		int n;

		if (by_group) {
			o.rcpts = one->rcpts;
			o.nrcpts = one->nrcpts;
		}
		/* None would be all. */
		if (by_group && o.nrcpts == 0) {
			f->tally->passed++;
			continue;
		}
		n = order(q, acts[act].run, &one->id, &o, e);

		if (n < 0 && e->class == ERR_TEMPORARY)
			return -1;
		if (n < 0) {
			f->tally->passed++;
			continue;
		}
		f->tally->done++;
		f->tally->recipients += (uint64_t)n;
	}
	/* Had none of them an effect, the last one says why. */
	return f->n && f->tally->done == 0 ? -1 : 0;
}

static int find(const struct quarantine *q, const struct quarantine_filter *f,
	struct found *found, struct arena *a, struct err *e)
{
	struct quarantine_filter limited = *f;
	struct quarantine_trouble trouble;

	found->limit = f->limit && f->limit < QUARANTINE_ACTION_MAX ?
		f->limit : QUARANTINE_ACTION_MAX;
	found->v = arena_array(a, found->limit, sizeof(*found->v));
	found->group = f->group;
	found->a = a;
	/* What is on disk does not count. */
	limited.limit = 0;
	if (quarantine_list(q, &limited, take, found, &trouble, e) < 0)
		return -1;
	return trouble.no_database ? err_set(e, ERR_TEMPORARY, "%s",
		trouble.why) : 0;
}

int quarantine_act_on_found(const struct quarantine *q,
	enum quarantine_act act, const struct quarantine_filter *f,
	const struct quarantine_order *o, const char *search, bool dry,
	struct quarantine_tally *tally_r, struct err *e)
{
	struct arena *a;
	struct found found = { .tally = tally_r };
	int result;

	*tally_r = (struct quarantine_tally){ .action = id_new() };
	if (q->db == NULL)
		return err_set(e, ERR_PERMANENT, "that needs the database, "
			"and none is wired");
	a = arena_new("quarantine action", ARENA);
	result = find(q, f, &found, a, e);
	tally_r->found = found.n;
	if (result == 0 && !dry && found.n)
		result = begin(q, act, o, search, &tally_r->action, e);
	if (result == 0 && !dry)
		result = act_on(q, act, &found, o, e);
	arena_free(&a);
	return result;
}

/* --- taking back ---------------------------------------------------------- */

struct undo {
	const struct quarantine *q;
	const struct quarantine_order *like;
	struct quarantine_tally *tally;
	enum quarantine_act act;
	char after[ID_TEXT_SIZE];
};

/* Is it too late for one of them, or was another undo first? */
static bool is_sent(const struct undo *u, const struct id *id,
	const struct quarantine_order *o, struct arena *a)
{
	struct quarantine_entry entry;
	struct err e;

	if (u->act != QUARANTINE_ACT_RELEASE ||
	    quarantine_get(u->q, id, false, a, &entry, &e) < 0)
		return false;
	for (size_t i = 0; i < entry.nrcpts; i++)
		for (size_t j = 0; j < o->nrcpts; j++)
			if (entry.rcpts[i].state == QUARANTINE_RELEASED &&
			    span_eq(entry.rcpts[i].address, o->rcpts[j]))
				return true;
	return false;
}

static int undo_one(struct undo *u, const struct db_rows *rows, size_t i,
	struct arena *a, struct err *e)
{
	struct quarantine_order o = *u->like;
	bool people = u->act == QUARANTINE_ACT_RELEASE ||
		u->act == QUARANTINE_ACT_DELETE;
	struct span *addresses;
	struct id id;
	int n;

	u->tally->found++;
	if (!id_parse(db_span(rows, i, 0), &id))
		return err_set(e, ERR_PERMANENT, "an action has a message "
			"without an id");
	memcpy(u->after, id.text, sizeof(u->after));
	o.nrcpts = db_spans(rows, i, 1, a, &addresses);
	o.rcpts = addresses;
	if (people && o.nrcpts == 0) {
		u->tally->passed++;
		return 0;
	}
	n = order(u->q, acts[u->act].undo, &id, &o, e);
	if (n < 0 && e->class == ERR_TEMPORARY)
		return -1;
	if (n < 0) {
		*(is_sent(u, &id, &o, a) ? &u->tally->sent :
			&u->tally->passed) += 1;
		return 0;
	}
	u->tally->done++;
	u->tally->recipients += (uint64_t)n;
	return 0;
}

/* The next messages; 1: there were some. */
static int undo_page(struct undo *u, struct err *e)
{
	const struct db_value v[] = {
		DB_OF_TEXT(span_of(u->tally->action.text)),
		DB_OF_TEXT(span_of(u->after)), DB_OF_INT(PAGE) };
	struct arena *a = arena_new("quarantine undo", ARENA);
	struct db_rows *rows;
	int result = db_call(u->q->db, "action_page", v, 3, &rows, e);

	if (result == 0) {
		size_t n = db_count(rows);

		for (size_t i = 0; i < n && result == 0; i++)
			result = undo_one(u, rows, i, a, e);
		if (result == 0)
			result = n == PAGE;
		db_rows_free(&rows);
	}
	arena_free(&a);
	return result;
}

static int find_act(const struct quarantine *q, const struct id *action,
	enum quarantine_act *act_r, struct err *e)
{
	const struct db_value v = DB_OF_TEXT(span_of(action->text));
	struct db_rows *rows;

	*act_r = QUARANTINE_ACTS;
	if (db_call(q->db, "action_get", &v, 1, &rows, e) < 0)
		return -1;
	for (enum quarantine_act k = QUARANTINE_ACT_RELEASE;
	     k < QUARANTINE_ACTS && db_count(rows); k++)
		if (span_is(db_span(rows, 0, 0), acts[k].done))
			*act_r = k;
	db_rows_free(&rows);
	return *act_r < QUARANTINE_ACTS ? 0 : err_set(e, ERR_PERMANENT,
		"there is no action %s: `pm quarantine actions` lists them",
		action->text);
}

int quarantine_act_undo(const struct quarantine *q, const struct id *action,
	const struct quarantine_order *o, struct quarantine_tally *tally_r,
	struct err *e)
{
	const struct db_value v = DB_OF_TEXT(span_of(action->text));
	struct undo u = { .q = q, .like = o, .tally = tally_r,
		.after = "00000000-0000-0000-0000-000000000000" };
	int result;

	*tally_r = (struct quarantine_tally){ .action = *action };
	if (q->db == NULL)
		return err_set(e, ERR_PERMANENT, "that needs the database, "
			"and none is wired");
	result = find_act(q, action, &u.act, e);
	if (result == 0)
		while ((result = undo_page(&u, e)) == 1)
			;
	if (result == 0)
		result = db_call(q->db, "action_undone", &v, 1, NULL, e);
	return result;
}
