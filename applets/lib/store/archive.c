#include "store/archive.h"

#include "base/map.h"
#include "base/netaddr.h"
#include "store/archive_tally.h"
#include "store/archive_text.h"

/* No message is so large; sums of such would not fit. */
#define SIZE_STRANGE (UINT64_C(1) << 40)

enum {
	BATCH_ARENA = 512 << 20,
	STEP_MS = 5 * 60 * 1000,	/* of the counters */
};

/* Rows of one transaction, column by column. */
struct batch {
	struct arena *a;
	const struct archive_message **m;
	size_t n, nrcpts;
	struct map *known;	/* by id */
};

static int db_do(struct db *d, const char *statement,
	const struct db_value *v, size_t n, struct err *e)
{
	return db_call(d, statement, v, n, NULL, e);
}

/* Each id once. */
static void take(struct batch *b, const struct archive_message *m, size_t n)
{
	struct map *seen = map_new(b->a);

	b->m = arena_array(b->a, n, sizeof(*b->m));
	for (size_t i = 0; i < n; i++)
		if (map_put(seen, span_of(m[i].record.id.text), b) == NULL) {
			b->m[b->n++] = &m[i];
			b->nrcpts += m[i].record.nrcpts;
		}
}

/* Which are there already: these are not counted again. */
static int find_known(struct db *d, struct batch *b, struct err *e)
{
	struct span *ids = arena_array(b->a, b->n, sizeof(*ids));
	struct span least, most;
	struct db_rows *rows;

	for (size_t i = 0; i < b->n; i++)
		ids[i] = span_of(b->m[i]->record.id.text);
	least = most = ids[0];
	for (size_t i = 1; i < b->n; i++) {
		least = span_cmp(ids[i], least) < 0 ? ids[i] : least;
		most = span_cmp(ids[i], most) > 0 ? ids[i] : most;
	}
	if (db_call(d, "archive_known", (struct db_value[]){
		DB_OF_TEXTS(ids, b->n), DB_OF_TEXT(least),
		DB_OF_TEXT(most) }, 3, &rows, e) < 0)
		return -1;
	b->known = map_new(b->a);
	for (size_t i = 0; i < db_count(rows); i++)
		map_put(b->known, arena_span(b->a, db_span(rows, i, 0)), b);
	db_rows_free(&rows);
	return 0;
}

enum { TEXT_COLUMNS = 12, INT_COLUMNS = 5 };

/* A row of table message. */
static void put_row(const struct batch *b, size_t i,
	struct span *texts[TEXT_COLUMNS], int64_t *ints[INT_COLUMNS])
{
	const struct message_record *r = &b->m[i]->record;
	const struct span row[TEXT_COLUMNS] = {
		span_of(r->id.text),
		archive_cut(r->appliance, ARCHIVE_NAME_MAX),
		archive_relay(r->relay_addr),
		archive_cut(r->relay_name, ARCHIVE_NAME_MAX),
		archive_cut(r->helo, ARCHIVE_NAME_MAX),
		archive_address(r->mail_from, b->a),
		archive_cut(r->queue_id, ARCHIVE_NAME_MAX),
		archive_cut(r->subject, ARCHIVE_SUBJECT_MAX),
		archive_cut(r->header_from, ARCHIVE_ADDRESS_MAX),
		archive_cut(r->message_id, ARCHIVE_ADDRESS_MAX),
		span_of(outcome_name(message_outcome(r))),
		b->m[i]->bytes,
	};
	const int64_t numbers[INT_COLUMNS] = {
		archive_time(r->received_ms),
		r->size < INT64_MAX ? (int64_t)r->size : INT64_MAX,
		r->score, r->probability,
		r->took_ms < INT32_MAX ? r->took_ms : INT32_MAX,
	};

	for (size_t c = 0; c < TEXT_COLUMNS; c++)
		texts[c][i] = row[c];
	for (size_t c = 0; c < INT_COLUMNS; c++)
		ints[c][i] = numbers[c];
}

static int put_messages(struct db *d, const struct batch *b, struct err *e)
{
	struct span *t[TEXT_COLUMNS];
	int64_t *k[INT_COLUMNS];
	size_t n = b->n;

	for (size_t c = 0; c < TEXT_COLUMNS; c++)
		t[c] = arena_array(b->a, n, sizeof(**t));
	for (size_t c = 0; c < INT_COLUMNS; c++)
		k[c] = arena_array(b->a, n, sizeof(**k));
	for (size_t i = 0; i < n; i++)
		put_row(b, i, t, k);
	return db_do(d, "archive_messages", (struct db_value[]){
		DB_OF_TEXTS(t[0], n), DB_OF_TEXTS(t[1], n),
		DB_OF_INTS(k[0], n), DB_OF_TEXTS(t[2], n),
		DB_OF_TEXTS(t[3], n), DB_OF_TEXTS(t[4], n),
		DB_OF_TEXTS(t[5], n), DB_OF_TEXTS(t[6], n),
		DB_OF_TEXTS(t[7], n), DB_OF_TEXTS(t[8], n),
		DB_OF_TEXTS(t[9], n), DB_OF_INTS(k[1], n),
		DB_OF_INTS(k[2], n), DB_OF_INTS(k[3], n),
		DB_OF_TEXTS(t[10], n), DB_OF_INTS(k[4], n),
		DB_OF_BYTESES(t[11], n) }, 17, e);
}

/* The columns of table message_rcpt. */
struct people {
	struct span *id, *rcpt, *outcome, *reason;
	int64_t *place;
	size_t n;
};

static void put_people(const struct batch *b, const struct message_record *r,
	struct people *p)
{
	for (size_t i = 0; i < r->ngroups; i++) {
		const struct message_group *g = &r->groups[i];

		for (size_t j = 0; j < g->nrcpts; j++, p->n++) {
			p->id[p->n] = span_of(r->id.text);
			p->place[p->n] = g->rcpts[j];
			p->rcpt[p->n] = archive_address(
				r->rcpts[g->rcpts[j]], b->a);
			p->outcome[p->n] = span_of(outcome_name(g->outcome));
			p->reason[p->n] = archive_cut(g->reason,
				ARCHIVE_NAME_MAX);
		}
	}
}

static int put_rcpts(struct db *d, const struct batch *b, struct err *e)
{
	size_t room = b->nrcpts, size = sizeof(struct span);
	struct people p = {
		arena_array(b->a, room, size), arena_array(b->a, room, size),
		arena_array(b->a, room, size), arena_array(b->a, room, size),
		arena_array(b->a, room, sizeof(*p.place)), 0
	};

	if (room == 0)
		return 0;
	for (size_t i = 0; i < b->n; i++)
		put_people(b, &b->m[i]->record, &p);
	return db_do(d, "archive_rcpts", (struct db_value[]){
		DB_OF_TEXTS(p.id, p.n), DB_OF_INTS(p.place, p.n),
		DB_OF_TEXTS(p.rcpt, p.n), DB_OF_TEXTS(p.outcome, p.n),
		DB_OF_TEXTS(p.reason, p.n) }, 5, e);
}

/* --- counters ------------------------------------------------------------ */

struct counter {
	int64_t at, n, bytes;
	struct span name;
	struct counter *next;
};

struct counters {
	struct arena *a;
	struct map *by_key;
	struct counter *first;
	size_t n;
};

static void count(struct counters *c, int64_t at, struct span name,
	size_t rcpts, uint64_t bytes)
{
	struct span key = span_of(arena_printf(c->a, "%lld %.*s",
		(long long)at, SPAN_FMT(name)));
	struct counter *one = map_get(c->by_key, key);

	if (one == NULL) {
		one = arena_alloc(c->a, sizeof(*one));
		*one = (struct counter){ .at = at, .name = name,
			.next = c->first };
		c->first = one;
		c->n++;
		map_put(c->by_key, key, one);
	}
	one->n += (int64_t)rcpts;
	one->bytes += bytes < SIZE_STRANGE ? (int64_t)bytes : 0;
}

/* Rules that broke a good signature, once a message. */
static void count_breaks(struct counters *c, int64_t at,
	const struct message_record *r)
{
	struct map *known = map_new(c->a);
	struct span line, rule;

	for (size_t i = 0; i < r->ngroups; i++) {
		struct span rest = r->groups[i].trace;

		while (span_line(&rest, &line))
			if (message_breaks(line, &rule) &&
			    map_put(known, rule, c) == NULL)
				count(c, at, span_of(arena_printf(c->a,
					"breaks-dkim/%.*s", SPAN_FMT(
					archive_clean(rule, ARCHIVE_NAME_MAX,
					c->a)))), 1, r->size);
	}
}

/* A refused session had no recipients, and counts as one. */
static void count_message(struct counters *c, const struct message_record *r)
{
	int64_t at = archive_time(r->received_ms);

	at -= (at % STEP_MS + STEP_MS) % STEP_MS;
	for (size_t i = 0; i < r->ngroups; i++) {
		const struct message_group *g = &r->groups[i];
		const char *outcome = outcome_name(g->outcome);
		size_t n = g->nrcpts ? g->nrcpts : r->nrcpts == 0;
		struct span reason = archive_clean(g->reason,
			ARCHIVE_NAME_MAX, c->a);

		count(c, at, span_of(outcome), n, r->size);
		if (reason.n)
			count(c, at, span_of(arena_printf(c->a, "%s/%.*s",
				outcome, SPAN_FMT(reason))), n, r->size);
	}
	count_breaks(c, at, r);
}

static int put_counters(struct db *d, const struct batch *b, struct err *e)
{
	struct counters c = { .a = b->a, .by_key = map_new(b->a) };
	int64_t *at, *n, *bytes;
	struct span *names;
	size_t i = 0;

	for (size_t k = 0; k < b->n; k++)
		if (!map_get(b->known, span_of(b->m[k]->record.id.text)))
			count_message(&c, &b->m[k]->record);
	if (c.n == 0)
		return 0;
	at = arena_array(b->a, c.n, sizeof(*at));
	n = arena_array(b->a, c.n, sizeof(*n));
	bytes = arena_array(b->a, c.n, sizeof(*bytes));
	names = arena_array(b->a, c.n, sizeof(*names));
	for (const struct counter *one = c.first; one; one = one->next, i++) {
		at[i] = one->at;
		n[i] = one->n;
		bytes[i] = one->bytes;
		names[i] = one->name;
	}
	return db_do(d, "archive_counters", (struct db_value[]){
		DB_OF_INTS(at, c.n),
		DB_OF_TEXT(archive_cut(b->m[0]->record.appliance,
			ARCHIVE_NAME_MAX)),
		DB_OF_TEXTS(names, c.n), DB_OF_INTS(n, c.n),
		DB_OF_INTS(bytes, c.n) }, 5, e);
}

static int put_tally(struct db *d, const struct batch *b, struct err *e)
{
	struct tally *t = tally_new(b->a);

	for (size_t k = 0; k < b->n; k++)
		if (!map_get(b->known, span_of(b->m[k]->record.id.text)))
			tally_add(t, b->m[k]);
	return tally_put(t, d, b->m[0]->record.appliance, e);
}

/* --- transactions -------------------------------------------------------- */

int archive_messages_within(struct db *d, const struct archive_message *m,
	size_t n, struct err *e)
{
	struct batch b = { .a = arena_new("archive", BATCH_ARENA) };
	int result = 0;

	take(&b, m, n);
	if (b.n && (find_known(d, &b, e) < 0 || put_messages(d, &b, e) < 0 ||
	    put_rcpts(d, &b, e) < 0 || put_counters(d, &b, e) < 0 ||
	    put_tally(d, &b, e) < 0))
		result = -1;
	arena_free(&b.a);
	return result;
}

int archive_messages(struct db *d, const struct archive_message *m, size_t n,
	struct err *e)
{
	if (db_begin(d, e) < 0)
		return -1;
	if (archive_messages_within(d, m, n, e) == 0)
		return db_commit(d, e);
	db_rollback(d);
	return -1;
}
