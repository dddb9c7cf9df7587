/*
 * The list over both places: disk tells its entries one by one, and before
 * each the database's newer ones are told, a page at a time.
 */
#include <stdio.h>
#include <string.h>

#include "store/quarantine_db.h"
#include "store/quarantine_disk.h"

enum { PAGE = 200, LIST_ARENA = 1 << 30 };

struct merge {
	const struct quarantine *q;
	const struct quarantine_filter *f;
	bool (*each)(const struct quarantine_entry *entry, void *context);
	void *context;
	struct quarantine_trouble *trouble;
	struct arena *a;	/* of one entry */
	struct quarantine_query query;
	struct db_rows *rows;	/* the page */
	size_t at;		/* next row of it */
	bool last;		/* no page after it */
	size_t told;
	bool stop;
};

static void tell(struct merge *m, const struct quarantine_entry *entry)
{
	m->told++;
	m->stop = !m->each(entry, m->context) ||
		(m->f->limit && m->told >= m->f->limit);
}

/* Without the database the rest of the list is of disk. */
static void fetch(struct merge *m)
{
	size_t left = m->f->limit ? m->f->limit - m->told : PAGE;
	size_t n = left < PAGE ? left : PAGE;
	struct err e;

	db_rows_free(&m->rows);
	m->at = 0;
	if (quarantine_page(m->q->db, &m->query, n, &m->rows, &e) < 0) {
		m->last = true;
		m->trouble->no_database = true;
		snprintf(m->trouble->why, sizeof(m->trouble->why), "%s",
			e.text);
		return;
	}
	m->last = db_count(m->rows) < n;
}

/* The next of the database; false: there is none. */
static bool next_row(struct merge *m, struct quarantine_entry *entry_r)
{
	while (m->rows == NULL || m->at >= db_count(m->rows)) {
		if (m->last)
			return false;
		fetch(m);
	}
	arena_reset(m->a);
	quarantine_row(m->rows, m->at, m->a, entry_r);
	return true;
}

/*
 * Tells what the database has that is newer than `id` (NULL: everything);
 * true: it has `id` itself, and told it.
 */
static bool tell_rows(struct merge *m, const struct id *id)
{
	struct quarantine_entry entry;

	while (!m->stop && next_row(m, &entry)) {
		int order = id ? strcmp(entry.id.text, id->text) : 1;

		if (order < 0)
			return false;
		m->at++;
		tell(m, &entry);
		if (order == 0)
			return true;
	}
	return false;
}

static bool from_disk(const struct held_entry *held, void *context)
{
	struct merge *m = context;
	struct quarantine_entry entry;

	if (!quarantine_matches(m->f, held) ||
	    tell_rows(m, &held->record.id) || m->stop)
		return !m->stop;
	arena_reset(m->a);
	quarantine_of_held(held, m->a, &entry);
	tell(m, &entry);
	return !m->stop;
}

static int list_disk(struct merge *m, struct err *e)
{
	const struct held_filter held = { .reason = m->f->reason,
		.rcpt = m->f->rcpt, .sender = m->f->sender,
		.subject = m->f->subject, .since_ms = m->f->since_ms,
		.until_ms = m->f->until_ms, .all_states = m->f->all_states };

	return held_list(&held, from_disk, m, &m->trouble->unreadable, e);
}

int quarantine_list(const struct quarantine *q,
	const struct quarantine_filter *f,
	bool (*each)(const struct quarantine_entry *entry, void *context),
	void *context, struct quarantine_trouble *trouble_r, struct err *e)
{
	struct merge m = { .q = q, .f = f, .each = each, .context = context,
		.trouble = trouble_r, .last = q->db == NULL };
	struct arena *asked = arena_new("quarantine query", LIST_ARENA);
	int result;

	*trouble_r = (struct quarantine_trouble){ 0 };
	m.a = arena_new("quarantine list", LIST_ARENA);
	result = quarantine_query(q, f, asked, &m.query, e);
	if (result == 0 && q->disk)
		result = list_disk(&m, e);
	if (result == 0)
		tell_rows(&m, NULL);
	db_rows_free(&m.rows);
	arena_free(&m.a);
	arena_free(&asked);
	return result;
}
