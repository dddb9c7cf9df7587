/*
 * A run: what became new between two instants, told to each person once. The
 * instants are committed first; then each batch of people as jobs, together
 * with the note that they have theirs. Whoever is cut off leaves a run that
 * is not done, and the next one ends it before any other.
 */
#include "digest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/map.h"
#include "crypto/hash.h"
#include "tool/own_mail.h"

enum { BATCH_ARENA = 1 << 30, HANDS_MAX = 8, DEADLINE_MS = 120000 };

/* What a process of ours has done; shared with the first one. */
struct hand {
	pid_t pid;
	uint64_t sent;
	bool good;
	struct err e;
};

/* An address for which something is new. */
struct due {
	struct span rcpt, person, language;
	uint64_t n;
};

/* One person's, a range of the dues. */
struct share {
	size_t first, n;
	uint64_t total;
};

struct run {
	struct digest *d;
	const struct digest_rule *rule;
	const char *name;	/* the rule's, or of what was asked for */
	bool on_demand;
	int64_t slot_ms;
	struct due *dues;
	size_t n;
	struct share *shares;
	size_t people;
	uint64_t sent;
	struct arena *a;	/* of the run */
};

static int by_person(const void *a, const void *b)
{
	const struct due *x = a, *y = b;
	int order = span_cmp(x->person, y->person);

	return order ? order : span_cmp(x->rcpt, y->rcpt);
}

static int get_slot(const struct run *r, const char *statement,
	const struct db_value *v, size_t n, int64_t *slot_r, struct err *e)
{
	struct db_rows *rows;
	int found;

	if (db_call(r->d->db, statement, v, n, &rows, e) < 0)
		return -1;
	found = db_count(rows) > 0;
	if (found)
		*slot_r = db_int(rows, 0, 0);
	db_rows_free(&rows);
	return found;
}

/* 1: a run is due, for slot_ms; 0: none; -1. */
static int find_slot(struct run *r, struct err *e)
{
	const struct digest_rule *rule = r->rule;
	const struct db_value when[] = {
		DB_OF_TEXTS(rule->times, rule->ntimes),
		DB_OF_INTS(rule->days, rule->ndays),
		DB_OF_TEXT(span_of(rule->zone)), DB_OF_INT(r->d->now_ms) };
	struct db_value known[] = { DB_OF_TEXT(span_of(r->name)),
		DB_OF_INT(0) };
	int64_t unused;
	int found = get_slot(r, "digest_unfinished", known, 1, &r->slot_ms,
		e);

	if (found)
		return found;
	r->slot_ms = r->d->now_ms;
	if (r->d->now || r->on_demand)
		return 1;
	found = get_slot(r, "digest_slot", when, 4, &r->slot_ms, e);
	if (found <= 0 || r->d->now_ms - r->slot_ms > DIGEST_LATE_MS)
		return found < 0 ? -1 : 0;
	known[1].integer = r->slot_ms;
	found = get_slot(r, "digest_known", known, 2, &unused, e);
	return found < 0 ? -1 : !found;
}

/* A dry run stays in its transaction, which is rolled back. */
static int begin(struct run *r, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(r->name)),
		DB_OF_INT(r->slot_ms), DB_OF_INT(DIGEST_FIRST_DAYS),
		DB_OF_TEXT(span_of(r->rule->name)), r->d->since_ms ?
			DB_OF_INT(r->d->since_ms) :
			(struct db_value){ .type = DB_NULL } };
	struct db *db = r->d->db;

	if (db_begin(db, e) < 0)
		return -1;
	if (!r->d->dry_run && db_call(db, "digest_freeze", NULL, 0, NULL,
	    e) < 0)
		goto back;
	if (db_call(db, "digest_begin", v, 5, NULL, e) < 0)
		goto back;
	return r->d->dry_run ? 0 : db_commit(db, e);
back:
	db_rollback(db);
	return -1;
}

static int read_have(struct run *r, struct map *have, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(r->name)),
		DB_OF_INT(r->slot_ms) };
	struct db_rows *rows;

	if (db_call(r->d->db, "digest_have", v, 2, &rows, e) < 0)
		return -1;
	for (size_t i = 0; i < db_count(rows); i++)
		map_put(have, arena_span(r->a, db_span(rows, i, 0)), r);
	db_rows_free(&rows);
	return 0;
}

static void take_dues(struct run *r, const struct db_rows *rows,
	const struct digest_who *w, const struct map *have)
{
	r->dues = arena_array(r->a, db_count(rows) + 1, sizeof(*r->dues));
	for (size_t i = 0; i < db_count(rows); i++) {
		struct span rcpt = db_span(rows, i, 0);
		struct span person = db_span(rows, i, 2);

		if (db_bool(rows, i, 4) || (!digest_who_has(w, rcpt) &&
		    !digest_who_has(w, person)) ||
		    (r->d->user.n && !span_eq(person, r->d->user)))
			continue;
		person = digest_who_to(w, person);
		if (map_get(have, person))
			continue;
		r->dues[r->n++] = (struct due){ arena_span(r->a, rcpt),
			arena_span(r->a, person),
			arena_span(r->a, db_span(rows, i, 3)),
			(uint64_t)db_int(rows, i, 1) };
	}
}

/* By person, after the map has said who is one. */
static void share_out(struct run *r)
{
	qsort(r->dues, r->n, sizeof(*r->dues), by_person);
	r->shares = arena_array(r->a, r->n + 1, sizeof(*r->shares));
	for (size_t i = 0; i < r->n; i++) {
		struct share *s = &r->shares[r->people];

		if (i == 0 || !span_eq(r->dues[i].person,
		    r->dues[i - 1].person)) {
			s = &r->shares[r->people++];
			s->first = i;
		} else {
			s = &r->shares[r->people - 1];
		}
		s->n++;
		s->total += r->dues[i].n;
	}
}

static int find_dues(struct run *r, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(r->name)),
		DB_OF_INT(r->slot_ms),
		DB_OF_TEXTS(r->rule->reasons, r->rule->nreasons),
		DB_OF_TEXT(span_of(r->rule->name)) };
	struct map *have = map_new(r->a);
	struct digest_who w;
	struct db_rows *rows;
	int result = digest_who_load(r->d, r->rule, &w, e);

	if (result == 0)
		result = read_have(r, have, e);
	if (result == 0)
		result = db_call(r->d->db, "digest_due", v, 4, &rows, e);
	if (result == 0) {
		take_dues(r, rows, &w, have);
		db_rows_free(&rows);
		share_out(r);
	}
	digest_who_free(&w);
	return result;
}

/* The same for the same rule, person and time: an order twice is one. */
static struct span job_key(const struct run *r, struct span person,
	struct arena *a)
{
	unsigned char h[HASH_SHA256_SIZE];
	const char *text = arena_printf(a, "digest %s %lld %.*s",
		r->name, (long long)r->slot_ms, SPAN_FMT(person));
	struct id id;

	hash_sha256(span_of(text), h);
	id = id_of_hash(h);
	return arena_span(a, span_of(id.text));
}

struct batch {
	struct run *r;
	struct arena *a;
	struct span *rcpts, *keys, *people, *sealed;
	size_t nrcpts, n;
};

static int read_items(struct batch *b, struct db_rows **rows_r,
	struct err *e)
{
	const struct digest_rule *rule = b->r->rule;
	const struct db_value v[] = { DB_OF_TEXT(span_of(b->r->name)),
		DB_OF_INT(b->r->slot_ms),
		DB_OF_TEXTS(rule->reasons, rule->nreasons),
		DB_OF_TEXTS(b->rcpts, b->nrcpts),
		DB_OF_INT((int64_t)rule->most),
		DB_OF_TEXT(span_of(rule->zone)) };

	return db_call(b->r->d->db, "digest_items", v, 6, rows_r, e);
}

/* The mail of one person, from rows *at on, which are his. */
static int make_one(struct batch *b, const struct share *s, size_t base,
	const struct db_rows *rows, size_t *at, struct err *e)
{
	const struct due *due = &b->r->dues[s->first];
	struct digest_mail m = { .rule = b->r->rule, .to = due->person,
		.language = due->language, .total = s->total,
		.ms = b->r->d->now_ms };
	size_t from = *at;
	struct buf mail = { 0 };
	int result;

	while (*at < db_count(rows) && (size_t)db_int(rows, *at, 0) <
	       s->first - base + s->n)
		++*at;
	m.n = digest_gather(rows, from, *at - from, b->rcpts, m.rule->most,
		b->a, &m.items);
	if (m.n == 0)
		return 0; /* released in the meantime */
	m.key = job_key(b->r, due->person, b->a);
	result = digest_compose(b->r->d, &m, b->a, &mail, e);
	if (result == 0) {
		b->keys[b->n] = m.key;
		b->people[b->n] = due->person;
		b->sealed[b->n++] = own_mail_seal(b->r->d->key,
			m.key, buf_bytes(&mail), b->a);
	}
	buf_free(&mail);
	return result;
}

static int order(struct batch *b, struct err *e)
{
	const struct db_value v[] = {
		DB_OF_TEXT(span_of(b->r->name)),
		DB_OF_INT(b->r->slot_ms), DB_OF_TEXTS(b->keys, b->n),
		DB_OF_TEXTS(b->people, b->n), DB_OF_BYTESES(b->people, b->n),
		DB_OF_BYTESES(b->sealed, b->n) };
	struct db *db = b->r->d->db;
	struct db_rows *rows;

	if (db_begin(db, e) < 0)
		return -1;
	if (db_call(db, "digest_order", v, 6, &rows, e) < 0) {
		db_rollback(db);
		return -1;
	}
	b->r->sent += db_count(rows);
	db_rows_free(&rows);
	if (db_notify(db, "job", e) < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, e);
}

static void say_batch(const struct batch *b, const struct share *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%.*s: %llu\n",
			SPAN_FMT(b->r->dues[s[i].first].person),
			(unsigned long long)s[i].total);
	b->r->sent += n;
}

static int do_batch(struct run *r, const struct share *s, size_t n,
	struct err *e)
{
	struct batch b = { .r = r };
	size_t base = s[0].first, at = 0;
	struct db_rows *rows;
	int result;

	if (r->d->dry_run) {
		say_batch(&b, s, n);
		return 0;
	}
	b.a = arena_new("digest batch", BATCH_ARENA);
	b.nrcpts = s[n - 1].first + s[n - 1].n - base;
	b.rcpts = arena_array(b.a, b.nrcpts, sizeof(*b.rcpts));
	b.keys = arena_array(b.a, n, sizeof(*b.keys));
	b.people = arena_array(b.a, n, sizeof(*b.people));
	b.sealed = arena_array(b.a, n, sizeof(*b.sealed));
	for (size_t i = 0; i < b.nrcpts; i++)
		b.rcpts[i] = r->dues[base + i].rcpt;
	result = read_items(&b, &rows, e);
	if (result == 0) {
		for (size_t i = 0; i < n && result == 0; i++)
			result = make_one(&b, &s[i], base, rows, &at, e);
		db_rows_free(&rows);
	}
	if (result == 0 && b.n)
		result = order(&b, e);
	arena_free(&b.a);
	return result;
}

/* Every step-th batch from the first-th on. */
static int do_batches(struct run *r, size_t first, size_t step,
	struct err *e)
{
	for (size_t i = first * DIGEST_BATCH; i < r->people;
	     i += step * DIGEST_BATCH)
		if (do_batch(r, r->shares + i, r->people - i < DIGEST_BATCH ?
		    r->people - i : DIGEST_BATCH, e) < 0)
			return -1;
	return 0;
}

/* The connection that it was born with is its parent's. */
static _Noreturn void be_hand(struct run *r, struct hand *h, size_t first,
	size_t step, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_LATER);
	r->d->db = db_new(wiring_conninfo(&r->d->w), "pm_admin", DEADLINE_MS);
	h->good = do_batches(r, first, step, &h->e) == 0;
	h->sent = r->sent;
	_exit(EXIT_DONE);
}

/* All of them are waited for; the first trouble is told. */
static int gather_hands(struct run *r, const struct hand *hands, size_t n,
	struct err *e)
{
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		const struct hand *h = &hands[i];

		if (h->pid > 0)
			waitpid(h->pid, NULL, 0);
		r->sent += h->sent;
		if (h->good || result < 0)
			continue;
		result = -1;
		if (h->e.class != ERR_NONE)
			*e = h->e;
		else
			err_set(e, ERR_TEMPORARY, "a process that makes "
				"digests has died");
	}
	return result;
}

static int do_all(struct run *r, struct err *e)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = (r->people + DIGEST_BATCH - 1) / DIGEST_BATCH;
	pid_t parent = getpid();
	struct hand *hands;
	int result;

	if (n > HANDS_MAX)
		n = HANDS_MAX;
	if (cores > 0 && n > (size_t)cores)
		n = (size_t)cores;
	if (n < 2 || r->d->dry_run)
		return do_batches(r, 0, 1, e);
	hands = mmap(NULL, n * sizeof(*hands), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (hands == MAP_FAILED)
		return err_errno(e, ERR_TEMPORARY, "digests");
	fflush(stdout);
	for (size_t i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			be_hand(r, &hands[i], i, n, parent);
		hands[i].pid = pid;
	}
	result = gather_hands(r, hands, n, e);
	munmap(hands, n * sizeof(*hands));
	return result;
}

static int finish(struct run *r, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(span_of(r->name)),
		DB_OF_INT(r->slot_ms) };

	if (r->d->dry_run) {
		db_rollback(r->d->db);
		return 0;
	}
	return db_call(r->d->db, "digest_finish", v, 2, NULL, e);
}

/*
 * What was asked for by hand is a run of another name, so that the rule's own
 * do not notice: what is new stays new for them. The same words, cut off, go
 * on; done, they begin anew.
 */
static const char *name_of(const struct digest *d,
	const struct digest_rule *rule, char since[CLOCK_STAMP_SIZE])
{
	if (d->since_ms)
		clock_stamp(d->since_ms, since);
	return arena_printf(d->a, "%s%s%.*s%s%s", rule->name,
		d->user.n ? " for " : "", SPAN_FMT(d->user),
		d->since_ms ? " since " : "", d->since_ms ? since : "");
}

static int run_rule(struct digest *d, const struct digest_rule *rule,
	struct err *e)
{
	char since[CLOCK_STAMP_SIZE];
	struct run r = { .d = d, .rule = rule, .name = name_of(d, rule, since),
		.on_demand = d->user.n || d->since_ms };
	int due = find_slot(&r, e), result = 0;

	if (due <= 0) {
		if (due == 0)
			printf("%s: nothing is due\n", rule->name);
		return due;
	}
	r.a = arena_new("digest run", BATCH_ARENA);
	if (begin(&r, e) < 0 || find_dues(&r, e) < 0)
		result = -1;
	if (result == 0)
		result = do_all(&r, e);
	if (result == 0)
		result = finish(&r, e);
	printf("%s: %s%llu digests%s\n", r.name, d->dry_run ? "would be " :
		"", (unsigned long long)r.sent, result < 0 ? "; the rest when "
		"this is called again" : "");
	arena_free(&r.a);
	return result;
}

int digest_run(struct digest *d, const char *name, struct err *e)
{
	if (name) {
		const struct digest_rule *r = digest_find(d, name, e);

		return r ? run_rule(d, r, e) : -1;
	}
	for (size_t i = 0; i < d->rules.n; i++)
		if (run_rule(d, &d->rules.v[i], e) < 0)
			return -1;
	return EXIT_DONE;
}
