#include "mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "db/db.h"
#include "use.h"

/* From is said of those, which are not put back. */
#define FROM "database"

enum { CALL_MS = 5000, EVERY_MS = 5000, PATIENCE_MS = 15000,
	MEMORY = 4 << 20 };

struct mirror {
	struct db *db;
	const char *appliance;
	int64_t next_ms, well_ms;
	unsigned char shown[HASH_SHA256_SIZE]; /* of the book, as it is there */
	bool fresh;		/* nothing of the book is there yet */
	struct findings given;
	char why[ERR_TEXT_MAX];
};

struct mirror *mirror_new(const char *conninfo, const char *appliance)
{
	struct mirror *m = calloc(1, sizeof(*m));

	if (m == NULL)
		log_fatal("watch: no memory");
	if (conninfo)
		m->db = db_new(conninfo, "pm_agent", CALL_MS);
	m->appliance = appliance;
	m->fresh = true;
	m->well_ms = clock_ms();
	return m;
}

static struct span name_of(const struct alarm_entry *a, struct arena *arena)
{
	const char *name = alarm_kinds[a->alarm].name;

	return span_of(a->subject[0] ? arena_printf(arena, "%s %s", name,
		a->subject) : name);
}

static bool is_given(const struct alarm_entry *a)
{
	return strcmp(a->from, FROM) == 0;
}

static int put(struct mirror *m, const struct alarm_entry *a,
	struct arena *arena, struct err *e)
{
	const struct alarm_kind *k = &alarm_kinds[a->alarm];
	struct db_value v[] = {
		DB_OF_TEXT(span_of(m->appliance)),
		DB_OF_TEXT(name_of(a, arena)), DB_OF_TEXT(span_of(a->text)),
		DB_OF_TEXT(span_of(k->means)), DB_OF_TEXT(span_of(k->remedy)),
		DB_OF_INT(a->since_ms), DB_OF_INT(a->cleared_ms),
		DB_OF_INT(a->acked_ms),
	};

	/* One that was acknowledged is over, where it came from. */
	if (is_given(a))
		return a->acked_ms == 0 ? 0 : db_call(m->db, "agent_alarm_end",
			&v[1], 1, NULL, e);
	return db_call(m->db, "agent_alarm_put", v, 8, NULL, e);
}

/* All of it, in the order in which it came: the newest of a name wins. */
static int put_book(struct mirror *m, const struct alarm_book *b,
	struct arena *a, struct err *e)
{
	struct span *names = arena_array(a, b->n + 1, sizeof(*names));
	struct db_value v[2] = { DB_OF_TEXT(span_of(m->appliance)) };
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (put(m, &b->v[i], a, e) < 0)
			return -1;
		if (b->v[i].cleared_ms == 0)
			names[n++] = name_of(&b->v[i], a);
	}
	v[1] = DB_OF_TEXTS(names, n);
	return db_call(m->db, "agent_alarm_only", v, 2, NULL, e);
}

/* "job 0199…": a name of the table, and behind a blank the subject. */
static int take_given(struct mirror *m, struct err *e)
{
	struct db_rows *rows;

	if (db_call(m->db, "agent_alarm_given", NULL, 0, &rows, e) < 0)
		return -1;
	m->given.n = 0;
	for (size_t i = 0; i < db_count(rows); i++) {
		struct span subject = db_span(rows, i, 0), name;
		enum alarm alarm;

		span_cut(&subject, ' ', &name);
		if (alarm_find(name, &alarm))
			look_add(&m->given, alarm, subject,
				db_span(rows, i, 1), SPAN(FROM));
	}
	db_rows_free(&rows);
	return 0;
}

static void hash_of(const struct alarm_book *b,
	unsigned char out[HASH_SHA256_SIZE])
{
	struct hash h;

	hash_begin(&h);
	for (size_t i = 0; i < b->n; i++) {
		const struct alarm_entry *a = &b->v[i];
		const int64_t n[] = { (int64_t)a->number, a->since_ms,
			a->cleared_ms, a->acked_ms };

		hash_add(&h, span_from(n, sizeof(n)));
		hash_add(&h, span_of(a->text));
	}
	hash_end(&h, out);
}

static int exchange(struct mirror *m, const struct alarm_book *b,
	struct err *e)
{
	unsigned char now[HASH_SHA256_SIZE];
	struct arena *a;
	int result = 0;

	hash_of(b, now);
	if (m->fresh || memcmp(now, m->shown, sizeof(now)) != 0) {
		a = arena_new("alarms", MEMORY);
		result = put_book(m, b, a, e);
		arena_free(&a);
	} else if (clock_ms() < m->next_ms) {
		return 0;
	}
	if (result == 0) {
		memcpy(m->shown, now, sizeof(now));
		m->fresh = false;
		result = take_given(m, e);
	}
	m->next_ms = clock_ms() + EVERY_MS;
	return result;
}

void mirror_round(struct mirror *m, const struct alarm_book *b,
	struct findings *f)
{
	struct err e;

	if (m->db == NULL)
		return;
	if (m->why[0] && clock_ms() < m->next_ms) {
		/* Not each second: a frozen one costs us its deadline. */
	} else if (exchange(m, b, &e) < 0 ||
		   use_round(m->db, m->appliance, &e) < 0) {
		/* It may be another database when it comes back. */
		m->fresh = true;
		m->next_ms = clock_ms() + EVERY_MS;
		snprintf(m->why, sizeof(m->why), "%s", e.text);
	} else {
		m->why[0] = 0;
		m->well_ms = clock_ms();
	}
	if (m->why[0] && clock_ms() > m->well_ms + PATIENCE_MS)
		look_add(f, ALARM_DATABASE, SPAN(""), span_of(m->why),
			SPAN("agent/watch"));
	for (size_t i = 0; i < m->given.n; i++)
		look_add(f, m->given.v[i].alarm,
			span_of(m->given.v[i].subject),
			span_of(m->given.v[i].text), SPAN(FROM));
}
