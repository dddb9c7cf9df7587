#include "sync.h"

#include "engine/list.h"
#include "store/group.h"
#include "tool/listfile.h"

struct span ldap_key(enum ldap_into into, struct span entry)
{
	size_t blank = span_chr(entry, ' ');

	return into == LDAP_INTO_ALIASES && blank != SIZE_MAX ?
		span_sub(entry, 0, blank) : entry;
}

/* --- a list --------------------------------------------------------------- */

static int list_now(const struct ldap_source *s, struct arena *a,
	struct span **v_r, size_t *n_r, struct err *e)
{
	struct buf text = { .arena = a };
	struct listfile_entry entry;
	struct span rest;
	uint32_t line = 0;
	const char *name;
	bool there;

	if (listfile_name(s->target, NULL, a, &name, e) < 0 ||
	    listfile_read(name, true, &text, &there, e) < 0)
		return -1;
	for (rest = buf_bytes(&text); listfile_next(&rest, &line, &entry); )
		++*n_r;
	*v_r = arena_array(a, *n_r + 1, sizeof(**v_r));
	*n_r = 0;
	for (rest = buf_bytes(&text); listfile_next(&rest, &line, &entry); )
		(*v_r)[(*n_r)++] = listfile_key(LIST_MIXED, entry.text,
			a);
	return 0;
}

static int list_change(const struct ldap_source *s, struct arena *a,
	const struct span *add, size_t nadd, const struct span *remove,
	size_t nremove, struct err *e)
{
	const char *who = arena_printf(a, "ldap:%s", s->name);
	struct listfile_change c = { .add = add, .nadd = nadd,
		.remove = remove, .nremove = nremove, .lenient = true,
		.who = who };
	struct listfile_result r;

	if (listfile_name(s->target, NULL, a, &c.name, e) < 0)
		return -1;
	return listfile_apply(&c, &r, e);
}

/* --- a group -------------------------------------------------------------- */

static int group_now(const struct ldap_source *s, struct db *db,
	struct arena *a, struct span **v_r, size_t *n_r, struct err *e)
{
	struct group_people people;

	if (group_people(db, span_of(s->target), false, a, &people, e) < 0)
		return -1;
	*v_r = people.members;
	*n_r = people.n;
	return 0;
}

static int group_change(const struct ldap_source *s, struct db *db,
	struct arena *a, const struct span *add, size_t nadd,
	const struct span *remove, size_t nremove, struct err *e)
{
	const char *who = arena_printf(a, "ldap:%s", s->name);
	struct span name = span_of(s->target);
	size_t gone;

	if (nremove && group_remove(db, name, remove, nremove, who, &gone,
	    e) < 0)
		return -1;
	return nadd ? group_add(db, name, add, nadd, who, e) : 0;
}

/* --- aliases -------------------------------------------------------------- */

static int aliases_now(struct db *db, struct arena *a, struct span **v_r,
	size_t *n_r, struct err *e)
{
	struct db_rows *rows;

	if (db_call(db, "mailbox_all", NULL, 0, &rows, e) < 0)
		return -1;
	*n_r = db_count(rows);
	*v_r = arena_array(a, *n_r + 1, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++)
		(*v_r)[i] = span_of(arena_printf(a, "%.*s %.*s %.*s",
			SPAN_FMT(db_span(rows, i, 0)),
			SPAN_FMT(db_span(rows, i, 1)),
			SPAN_FMT(db_span(rows, i, 2))));
	db_rows_free(&rows);
	return 0;
}

/* The n-th word of an entry, from 0; its words have no blanks. */
static struct span word_of(struct span entry, unsigned n)
{
	while (n-- > 0)
		entry = span_after(entry, span_chr(entry, ' ') + 1);
	return span_sub(entry, 0, span_chr(entry, ' '));
}

static int aliases_change(struct db *db, struct arena *a,
	const struct span *add, size_t nadd, const struct span *remove,
	size_t nremove, struct err *e)
{
	struct span *words[3], *gone = arena_array(a, nremove + 1,
		sizeof(*gone));
	struct db_value v[3];

	for (unsigned k = 0; k < 3; k++) {
		words[k] = arena_array(a, nadd + 1, sizeof(**words));
		for (size_t i = 0; i < nadd; i++)
			words[k][i] = word_of(add[i], k);
		v[k] = DB_OF_TEXTS(words[k], nadd);
	}
	for (size_t i = 0; i < nremove; i++)
		gone[i] = word_of(remove[i], 0);
	/* First, as one may come back as somebody else's. */
	if (nremove && db_call(db, "mailbox_drop",
	    &DB_OF_TEXTS(gone, nremove), 1, NULL, e) < 0)
		return -1;
	return nadd ? db_call(db, "mailbox_put", v, 3, NULL, e) : 0;
}

/* --- any ------------------------------------------------------------------ */

int ldap_target_now(const struct ldap_source *s, struct db *db,
	struct arena *a, struct span **v_r, size_t *n_r, struct err *e)
{
	*n_r = 0;
	if (s->into == LDAP_INTO_LIST)
		return list_now(s, a, v_r, n_r, e);
	return s->into == LDAP_INTO_GROUP ?
		group_now(s, db, a, v_r, n_r, e) :
		aliases_now(db, a, v_r, n_r, e);
}

int ldap_target_change(const struct ldap_source *s, struct db *db,
	struct arena *a, const struct span *add, size_t nadd,
	const struct span *remove, size_t nremove, struct err *e)
{
	if (s->into == LDAP_INTO_LIST)
		return list_change(s, a, add, nadd, remove, nremove, e);
	return s->into == LDAP_INTO_GROUP ?
		group_change(s, db, a, add, nadd, remove, nremove, e) :
		aliases_change(db, a, add, nadd, remove, nremove, e);
}
