#include "store/archive_tally.h"

#include "base/map.h"
#include "store/archive_text.h"

enum {
	DAY_MS = 24 * 60 * 60 * 1000,
	/* Names that a batch may bring: a message chooses none of them, but a
	   rule of the site may note what messages say. */
	ROWS_MAX = 5000,
	TOOK_LAST_MS = 32768,
};

struct row {
	struct row *next;
	int64_t day;
	struct span kind, name;
	int64_t n, bytes;
};

struct tally {
	struct arena *a;
	struct map *by_key;
	struct row *first;
	size_t n;
};

struct tally *tally_new(struct arena *a)
{
	struct tally *t = arena_alloc(a, sizeof(*t));

	t->a = a;
	t->by_key = map_new(a);
	return t;
}

static void add(struct tally *t, int64_t day, const char *kind,
	struct span name, uint64_t n, uint64_t bytes)
{
	struct span clean = archive_clean(name, ARCHIVE_NAME_MAX, t->a);
	struct span key = span_of(arena_printf(t->a, "%lld %s %.*s",
		(long long)day, kind, SPAN_FMT(clean)));
	struct row *r = map_get(t->by_key, key);

	if (r == NULL && t->n == ROWS_MAX)
		return;
	if (r == NULL) {
		r = arena_alloc(t->a, sizeof(*r));
		*r = (struct row){ .next = t->first, .day = day,
			.kind = span_of(kind), .name = clean };
		t->first = r;
		t->n++;
		map_put(t->by_key, key, r);
	}
	r->n += (int64_t)(n < INT32_MAX ? n : INT32_MAX);
	r->bytes += bytes < INT64_MAX / 65536 ? (int64_t)bytes : 0;
}

/* "0001", "0002", "0004" … ms: the upper end, so that texts sort. */
static struct span took(uint32_t ms, struct arena *a)
{
	unsigned end = 1;

	while (end < ms && end < TOOK_LAST_MS)
		end *= 2;
	return span_of(arena_printf(a, "%05u ms", end));
}

void tally_add(struct tally *t, const struct archive_message *m)
{
	int64_t day = archive_time(m->record.received_ms) / DAY_MS * DAY_MS;

	if (m->record.size)
		add(t, day, "took", took(m->record.took_ms, t->a), 1,
			m->record.size);
	for (size_t i = 0; i < m->nseen; i++)
		if (m->seen[i].name.n)
			add(t, day, m->seen[i].kind, m->seen[i].name,
				m->seen[i].n, m->seen[i].bytes);
}

int tally_put(const struct tally *t, struct db *d, struct span appliance,
	struct err *e)
{
	int64_t *day = arena_array(t->a, t->n + 1, sizeof(*day));
	int64_t *n = arena_array(t->a, t->n + 1, sizeof(*n));
	int64_t *bytes = arena_array(t->a, t->n + 1, sizeof(*bytes));
	struct span *kind = arena_array(t->a, t->n + 1, sizeof(*kind));
	struct span *name = arena_array(t->a, t->n + 1, sizeof(*name));
	size_t i = 0;

	for (const struct row *r = t->first; r; r = r->next, i++) {
		day[i] = r->day;
		n[i] = r->n;
		bytes[i] = r->bytes;
		kind[i] = r->kind;
		name[i] = r->name;
	}
	if (i == 0)
		return 0;
	return db_call(d, "archive_tally", (struct db_value[]){
		DB_OF_INTS(day, i), DB_OF_TEXT(archive_cut(appliance,
			ARCHIVE_NAME_MAX)), DB_OF_TEXTS(kind, i),
		DB_OF_TEXTS(name, i), DB_OF_INTS(n, i), DB_OF_INTS(bytes, i) },
		6, NULL, e);
}
