#include "store/quarantine.h"

#include <stdio.h>

#include "store/held.h"
#include "store/quarantine_db.h"
#include "store/quarantine_disk.h"

enum { LOOK_ARENA = 1 << 30 };

/* The database did not answer, and the entry is not here. */
static int say_unknown(const struct id *id, const struct err *db,
	struct err *e)
{
	if (db->class == ERR_NONE)
		return err_set(e, ERR_PERMANENT, "no message %s in the "
			"quarantine: `pm quarantine list --all` shows them",
			id->text);
	if (db->class != ERR_TEMPORARY) {
		*e = *db;
		return -1;
	}
	return err_set(e, ERR_TEMPORARY, "%s is not on this appliance's disk, "
		"and the database does not answer (%s): try again", id->text,
		db->text);
}

static int get_held(const struct id *id, struct arena *a,
	struct quarantine_entry *entry_r, struct err *e)
{
	struct held_entry *held = arena_alloc(a, sizeof(*held));

	if (held_get(id, a, held, e) < 0)
		return -1;
	quarantine_of_held(held, a, entry_r);
	return 0;
}

/* Is there anything of it on disk? Damaged, it still is. */
static bool is_on_disk(const struct quarantine *q, const struct id *id)
{
	return q->disk && held_knows(id);
}

/* From the database; *db says why it is not found there. */
static bool fetch(const struct quarantine *q, const struct id *id,
	bool with_body, struct arena *a, struct quarantine_entry *entry_r,
	int *result_r, struct err *db)
{
	bool found = false;

	*db = (struct err){ .class = ERR_NONE };
	if (q->db == NULL)
		return false;
	*result_r = quarantine_fetch(q, id, with_body, a, entry_r, &found,
		db);
	return found;
}

/* What left the disk between two looks is in the database now. */
int quarantine_get(const struct quarantine *q, const struct id *id,
	bool with_body, struct arena *a, struct quarantine_entry *entry_r,
	struct err *e)
{
	struct err db;
	int result;

	if (fetch(q, id, with_body, a, entry_r, &result, &db))
		goto there;
	if (is_on_disk(q, id) && get_held(id, a, entry_r, e) == 0)
		return 0;
	if (db.class == ERR_NONE &&
	    fetch(q, id, with_body, a, entry_r, &result, &db))
		goto there;
	if (is_on_disk(q, id) && db.class == ERR_NONE)
		return -1;
	return say_unknown(id, &db, e);
there:
	if (result < 0)
		*e = db;
	return result;
}

static int carry_out_on_disk(enum quarantine_verb verb, const struct id *id,
	const struct quarantine_order *o, struct err *e)
{
	struct arena *a;
	struct quarantine_entry entry;
	int n = -1;

	if (o->approve || o->learn || o->action ||
	    verb == QUARANTINE_RESTORE || verb == QUARANTINE_KEEP ||
	    verb == QUARANTINE_UNKEEP)
		return err_set(e, ERR_PERMANENT, "%s is still on disk: that "
			"needs the database", id->text);
	a = arena_new("order", LOOK_ARENA);
	if (get_held(id, a, &entry, e) == 0)
		n = (int)(o->nrcpts ? o->nrcpts : entry.nrcpts);
	arena_free(&a);
	if (verb == QUARANTINE_RELEASE)
		return held_release(id, o->rcpts, o->nrcpts, o->again, o->who,
			e) < 0 ? -1 : n;
	if (verb == QUARANTINE_FORWARD)
		return held_forward(id, o->rcpts, o->nrcpts, o->who, e) < 0 ?
			-1 : n;
	return held_delete(id, o->who, e) < 0 ? -1 : n;
}

/*
 * An entry is in one place. If it left the disk between our two looks, the
 * database has it now: a third look finds it.
 */
static int carry_out(const struct quarantine *q, enum quarantine_verb verb,
	const struct id *id, const struct quarantine_order *o, struct err *e)
{
	for (unsigned look = 0;; look++) {
		struct err db = { .class = ERR_NONE };
		bool found = false;
		int n = -1;

		if (q->db)
			n = quarantine_carry_out(q, verb, id, o, &found, &db);
		if (found) {
			if (n < 0)
				*e = db;
			return n;
		}
		if (!is_on_disk(q, id)) {
			if (look == 0 && q->db && db.class == ERR_NONE)
				continue;
			return say_unknown(id, &db, e);
		}
		n = carry_out_on_disk(verb, id, o, e);
		if (n >= 0 || look > 0 || is_on_disk(q, id))
			return n;
	}
}

int quarantine_release(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e)
{
	return carry_out(q, QUARANTINE_RELEASE, id, o, e);
}

int quarantine_forward(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e)
{
	if (o->nrcpts == 0)
		return err_set(e, ERR_PERMANENT, "%s: forward to whom?",
			id->text);
	return carry_out(q, QUARANTINE_FORWARD, id, o, e);
}

int quarantine_delete(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e)
{
	return carry_out(q, QUARANTINE_DELETE, id, o, e);
}

int quarantine_keep(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e)
{
	return carry_out(q, QUARANTINE_KEEP, id, o, e);
}

int quarantine_unkeep(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e)
{
	return carry_out(q, QUARANTINE_UNKEEP, id, o, e);
}

int quarantine_restore(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e)
{
	return carry_out(q, QUARANTINE_RESTORE, id, o, e);
}

int quarantine_learn(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e)
{
	return carry_out(q, QUARANTINE_LEARN, id, o, e);
}

int quarantine_add(const struct quarantine *q, const struct spool_record *r,
	struct err *e)
{
	if (!q->disk)
		return err_set(e, ERR_PERMANENT, "this appliance has no "
			"spool: add it where the role filter is");
	return held_add(r, e);
}
