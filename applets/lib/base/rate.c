#include "base/rate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/map.h"
#include "base/wire.h"

enum {
	MINUTE_MS = 60 * 1000, MINUTES = 60,
	HALF_HOUR_MS = 30 * MINUTE_MS, HALF_HOURS = 48,
	SLOTS = 2 * RATE_KEYS_MAX,	/* of the table: at most half full */
	TRIES = 32,			/* that are looked at for the oldest */
};

/* Counts of one stretch of time; `at` tells which. */
struct bucket {
	uint32_t at;
	struct rate_counts c;
};

struct entry {
	uint64_t hash[2];	/* two keyed hashes stand for the key */
	int64_t used_ms;
	struct bucket minutes[MINUTES], halves[HALF_HOURS];
};

struct rate_table {
	uint64_t key[2], key2[2];
	struct entry *slots[SLOTS];
	size_t n;
	uint64_t forgotten;
};

struct rate_table *rate_new(void)
{
	struct rate_table *t = calloc(1, sizeof(*t));

	if (t == NULL || getrandom(t->key, sizeof(t->key), 0) < 0 ||
	    getrandom(t->key2, sizeof(t->key2), 0) < 0)
		log_fatal("no memory or randomness for rates");
	return t;
}

void rate_free(struct rate_table **t)
{
	if (*t == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free((*t)->slots[i]);
	free(*t);
	*t = NULL;
}

/* The place of a key, or the empty one where it would be. */
static size_t place(const struct rate_table *t, const uint64_t hash[2])
{
	size_t i = hash[0] % SLOTS;

	while (t->slots[i] && memcmp(t->slots[i]->hash, hash, 16) != 0)
		i = (i + 1) % SLOTS;
	return i;
}

/* Takes one out and moves up those that had to go past it. */
static void take_out(struct rate_table *t, size_t i)
{
	free(t->slots[i]);
	t->slots[i] = NULL;
	t->n--;
	for (size_t k = (i + 1) % SLOTS; t->slots[k]; k = (k + 1) % SLOTS) {
		struct entry *moved = t->slots[k];

		t->slots[k] = NULL;
		t->slots[place(t, moved->hash)] = moved;
	}
}

/* The oldest of some: nearly as good as of all, and never slow. */
static void forget_one(struct rate_table *t, size_t from, int64_t now_ms)
{
	size_t oldest = SIZE_MAX;

	for (size_t i = from, seen = 0; seen < TRIES; i = (i + 1) % SLOTS) {
		if (t->slots[i] == NULL)
			continue;
		seen++;
		if (oldest == SIZE_MAX ||
		    t->slots[i]->used_ms < t->slots[oldest]->used_ms)
			oldest = i;
	}
	if (now_ms - t->slots[oldest]->used_ms <
	    (int64_t)RATE_SECONDS_MAX * 1000)
		t->forgotten++;
	take_out(t, oldest);
}

static struct entry *find(struct rate_table *t, struct span key, bool make,
	int64_t now_ms)
{
	uint64_t hash[2] = { map_hash(t->key, key), map_hash(t->key2, key) };
	size_t i = place(t, hash);

	if (t->slots[i] == NULL && make) {
		if (t->n == RATE_KEYS_MAX) {
			forget_one(t, i, now_ms);
			i = place(t, hash);
		}
		t->slots[i] = calloc(1, sizeof(*t->slots[i]));
		if (t->slots[i] == NULL)
			log_fatal("no memory for rates");
		memcpy(t->slots[i]->hash, hash, sizeof(hash));
		t->n++;
	}
	if (t->slots[i])
		t->slots[i]->used_ms = now_ms;
	return t->slots[i];
}

static void add_to(struct rate_counts *to, const struct rate_counts *c)
{
	to->messages += c->messages;
	to->rcpts += c->rcpts;
	to->spam += c->spam;
}

/* Times begin at 1: an empty bucket is of none. */
static void add_at(struct bucket *v, size_t n, uint32_t at,
	const struct rate_counts *c)
{
	struct bucket *b = &v[at % n];

	if (b->at != at)
		*b = (struct bucket){ .at = at };
	add_to(&b->c, c);
}

void rate_add(struct rate_table *t, struct span key,
	const struct rate_counts *c, int64_t now_ms)
{
	struct entry *e = find(t, key, true, now_ms);

	add_at(e->minutes, MINUTES, (uint32_t)(now_ms / MINUTE_MS) + 1, c);
	add_at(e->halves, HALF_HOURS, (uint32_t)(now_ms / HALF_HOUR_MS) + 1,
		c);
}

/* Of the last `many` stretches, the one at hand included. */
static void sum(const struct bucket *v, size_t n, uint32_t at, uint32_t many,
	struct rate_counts *c)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].at && v[i].at <= at && at - v[i].at < many)
			add_to(c, &v[i].c);
}

void rate_get(struct rate_table *t, struct span key, uint32_t seconds,
	int64_t now_ms, struct rate_counts *c_r)
{
	const struct entry *e = find(t, key, false, now_ms);
	uint32_t minutes = (seconds + 59) / 60;

	*c_r = (struct rate_counts){ 0 };
	if (e == NULL)
		return;
	if (minutes <= MINUTES)
		sum(e->minutes, MINUTES, (uint32_t)(now_ms / MINUTE_MS) + 1,
			minutes, c_r);
	else
		sum(e->halves, HALF_HOURS,
			(uint32_t)(now_ms / HALF_HOUR_MS) + 1,
			(minutes + 29) / 30, c_r);
}

uint64_t rate_forgotten(const struct rate_table *t)
{
	return t->forgotten;
}

/* --- on the wire --------------------------------------------------------- */

void rate_put_counts(struct buf *b, const struct rate_counts *c)
{
	wire_put_u32(b, c->messages);
	wire_put_u32(b, c->rcpts);
	wire_put_u32(b, c->spam);
}

static struct rate_counts take_counts(struct wire *w)
{
	struct rate_counts c = { .messages = wire_u32(w) };

	c.rcpts = wire_u32(w);
	c.spam = wire_u32(w);
	return c;
}

bool rate_get_counts(struct span record, struct rate_counts *c_r)
{
	struct wire w = wire_open(record);

	*c_r = take_counts(&w);
	return wire_done(&w);
}

void rate_put_request(struct buf *b, const struct rate_request *r)
{
	wire_put_u8(b, r->add);
	wire_put_u32(b, r->seconds);
	rate_put_counts(b, &r->counts);
	wire_put_span(b, span_sub(r->key, 0, RATE_KEY_MAX));
}

bool rate_get_request(struct span record, struct rate_request *r_r)
{
	struct wire w = wire_open(record);
	uint8_t add = wire_u8(&w);

	*r_r = (struct rate_request){ .add = add, .seconds = wire_u32(&w) };
	r_r->counts = take_counts(&w);
	r_r->key = wire_span(&w);
	return wire_done(&w) && add <= 1 && r_r->key.n &&
		r_r->key.n <= RATE_KEY_MAX && r_r->seconds <= RATE_SECONDS_MAX;
}
