#include "archive_log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "seen.h"
#include "store/archive.h"
#include "store/commit.h"
#include "store/journal.h"

#define POSITIONS ROOT_JOURNAL "/.positions"
#define BAD ROOT_SPOOL "/bad"

enum {
	BATCH_MAX = 500,
	BATCH_BYTES = 8 << 20,
	BATCH_RCPTS = 20000,
	BATCH_ARENA = 512 << 20,
	PLACES_MAX = 256,
	NAME_SIZE = 24,
	POSITIONS_MAX = 64 << 10,
	SAVE_MS = 1000,
	COUNT_MS = 100,		/* for counting what waits, at a time */
	SPLITS_MAX = 64,	/* more than log2 of a batch, twice */
};

/* How far a file was recorded, and how far counted beyond that. */
struct place {
	char name[NAME_SIZE];
	uint64_t at, seen_at, seen;
};

struct archive_log {
	struct db *db;
	struct place places[PLACES_MAX];
	size_t nplaces;
	bool done;
	int64_t saved_ms;
	/* The batch. */
	struct arena *arena;
	struct archive_message m[BATCH_MAX];
	size_t n, bytes, rcpts;
	int64_t oldest_ms;	/* of the last one that could not be written */
};

/* --- where we are --------------------------------------------------------- */

static struct place *place_of(struct archive_log *l, const char *name)
{
	struct place *p = l->places;

	for (size_t i = 0; i < l->nplaces; i++, p++)
		if (strcmp(p->name, name) == 0)
			return p;
	if (l->nplaces == PLACES_MAX) {
		/* Read again from its start: that is only slow. */
		p = &l->places[--l->nplaces];
	}
	*p = (struct place){ .at = 0 };
	snprintf(p->name, sizeof(p->name), "%s", name);
	l->nplaces++;
	return p;
}

static void load_places(struct archive_log *l)
{
	struct span rest, line, name;
	struct buf b = { 0 };
	struct err e;
	uint64_t at;

	/* None: everything is read from its start, and written again. */
	if (io_slurp(POSITIONS, POSITIONS_MAX, &b, &e) < 0 &&
	    access(POSITIONS, F_OK) == 0)
		log_warn("%s", e.text);
	rest = buf_bytes(&b);
	while (span_line(&rest, &line) && l->nplaces < PLACES_MAX)
		if (span_cut(&line, ' ', &name) && name.n < NAME_SIZE &&
		    span_u64(line, INT64_MAX, &at)) {
			struct place *p = &l->places[l->nplaces++];

			*p = (struct place){ .at = at };
			snprintf(p->name, sizeof(p->name), "%.*s",
				SPAN_FMT(name));
		}
	buf_free(&b);
}

static void save_places(struct archive_log *l)
{
	struct buf b = { 0 };
	struct err e;

	for (size_t i = 0; i < l->nplaces; i++)
		buf_printf(&b, "%s %llu\n", l->places[i].name,
			(unsigned long long)l->places[i].at);
	if (io_replace_file(POSITIONS, 0640, buf_bytes(&b), &e) < 0)
		log_warn("%s: after a crash some of the journal is read "
			"twice", e.text);
	buf_free(&b);
	l->saved_ms = clock_ms();
}

struct archive_log *archive_log_new(struct db *d)
{
	struct archive_log *l = calloc(1, sizeof(*l));

	if (l == NULL)
		log_fatal("no memory for the message log");
	l->db = d;
	l->arena = arena_new("journal batch", BATCH_ARENA);
	load_places(l);
	return l;
}

bool archive_log_done(const struct archive_log *l)
{
	return l->done;
}

/* --- poison --------------------------------------------------------------- */

unsigned archive_log_bad(void)
{
	DIR *d = opendir(BAD);
	unsigned n = 0;

	for (struct dirent *f; d && (f = readdir(d)); )
		n += strncmp(f->d_name, "journal.", 8) == 0;
	if (d)
		closedir(d);
	return n;
}

/* -1: then it stays where it is, and everything behind it, too. */
static int set_aside(struct span record,
	const char *name, const char *why, struct err *e)
{
	char path[COMMIT_PATH_MAX];
	struct buf b = { 0 };
	int result;

	snprintf(path, sizeof(path), BAD "/journal.%.64s", name);
	journal_frame(&b, record);
	result = io_replace_file(path, 0660, buf_bytes(&b), e);
	buf_free(&b);
	if (result < 0) {
		e->class = ERR_TEMPORARY;
		return -1;
	}
	log_error("message %s: set aside as %s: %s", name, path, why);
	return 0;
}

/*
 * Halves the batch until those are alone that the database refuses. A range
 * is [from, to).
 */
static int put_in_halves(struct archive_log *l, struct err *e)
{
	struct { size_t from, to; } todo[SPLITS_MAX] = { { 0, l->n } };
	size_t n = 1;

	while (n > 0) {
		size_t from = todo[n - 1].from, to = todo[n - 1].to;
		struct archive_message *m = &l->m[from];
		size_t half = from + (to - from) / 2;

		n--;
		if (archive_messages(l->db, m, to - from, e) == 0)
			continue;
		if (e->class != ERR_PERMANENT)
			return -1;
		if (to - from == 1) {
			char why[ERR_TEXT_MAX];

			snprintf(why, sizeof(why), "%s", e->text);
			if (set_aside(m->bytes, m->record.id.text, why,
			    e) < 0)
				return -1;
			continue;
		}
		todo[n].from = half;
		todo[n++].to = to;
		todo[n].from = from;
		todo[n++].to = half;
	}
	return 0;
}

/* --- batches -------------------------------------------------------------- */

static void forget_batch(struct archive_log *l)
{
	arena_reset(l->arena);
	l->n = l->bytes = l->rcpts = 0;
}

static int take(struct archive_log *l, struct span record, struct err *e)
{
	struct archive_message *m = &l->m[l->n];
	char name[32];

	m->bytes = arena_span(l->arena, record);
	if (message_get(m->bytes, l->arena, &m->record)) {
		seen_find(m, l->arena);
		l->n++;
		l->bytes += record.n;
		l->rcpts += m->record.nrcpts;
		return 0;
	}
	snprintf(name, sizeof(name), "unreadable-%08x",
		journal_check(record));
	return set_aside(record, name, "not a message record", e);
}

/* Fills a batch; *step_r says why it ended. */
static int fill(struct archive_log *l, struct journal_reader *r,
	enum journal_step *step_r, struct err *e)
{
	struct span record;

	forget_batch(l);
	*step_r = JOURNAL_RECORD;
	while (l->n < BATCH_MAX && l->bytes < BATCH_BYTES &&
	       l->rcpts < BATCH_RCPTS) {
		if (journal_read_next(r, step_r, &record, e) < 0)
			return -1;
		if (*step_r != JOURNAL_RECORD)
			break;
		if (take(l, record, e) < 0)
			return -1;
	}
	return 0;
}

static int put(struct archive_log *l, struct err *e)
{
	if (l->n == 0 || archive_messages(l->db, l->m, l->n, e) == 0)
		return 0;
	if (e->class == ERR_PERMANENT && put_in_halves(l, e) == 0)
		return 0;
	l->oldest_ms = l->m[0].record.received_ms;
	return -1;
}

/*
 * Its place goes first: a new file of the same name must not be taken for
 * one that was read before.
 */
static void remove_file(struct archive_log *l, struct place *p,
	const char *path, bool torn)
{
	if (torn)
		log_warn("%s: its end was never written whole", path);
	*p = l->places[--l->nplaces];
	save_places(l);
	if (unlink(path) < 0 && errno != ENOENT)
		log_warn("%s: cannot remove: %s", path, strerror(errno));
}

/* One file as far as it goes. */
static int read_file(struct archive_log *l, const char *name,
	bool (*stop)(void), size_t *n_r, struct err *e)
{
	struct place *p = place_of(l, name);
	enum journal_step step = JOURNAL_RECORD;
	char path[COMMIT_PATH_MAX];
	struct journal_reader *r;
	int result = 0;

	snprintf(path, sizeof(path), ROOT_JOURNAL "/%.24s", name);
	r = journal_read_from(path, p->at, e);
	if (r == NULL)
		return e->class == ERR_PERMANENT ? 0 : -1;
	while (result == 0 && step == JOURNAL_RECORD && !stop()) {
		result = fill(l, r, &step, e);
		if (result == 0)
			result = put(l, e);
		if (result == 0) {
			*n_r += l->n;
			p->at = p->seen_at = journal_read_at(r);
			p->seen = 0;
			if (l->n && clock_ms() - l->saved_ms >= SAVE_MS)
				save_places(l);
		}
	}
	if (result == 0 && step != JOURNAL_RECORD && journal_read_complete(r))
		remove_file(l, p, path, step == JOURNAL_TORN);
	journal_read_end(&r);
	return result;
}

int archive_log_pass(struct archive_log *l, bool (*stop)(void), size_t *n_r,
	struct err *e)
{
	struct arena *a = arena_new("journal files", 16 << 20);
	const char **names;
	size_t n = 0;
	int result = journal_files(a, &names, &n, e);

	*n_r = 0;
	l->done = false;
	for (size_t i = 0; result == 0 && i < n && !stop(); i++)
		result = read_file(l, names[i], stop, n_r, e);
	l->done = result == 0 && !stop();
	arena_free(&a);
	forget_batch(l);
	return result;
}

/* --- what waits ----------------------------------------------------------- */

static void count_file(struct place *p, int64_t until)
{
	enum journal_step step = JOURNAL_RECORD;
	char path[COMMIT_PATH_MAX];
	struct journal_reader *r;
	struct span record;
	struct err e;

	snprintf(path, sizeof(path), ROOT_JOURNAL "/%.24s", p->name);
	r = journal_read_from(path, p->seen_at > p->at ? p->seen_at : p->at,
		&e);
	while (r && clock_ms() < until &&
	       journal_read_next(r, &step, &record, &e) == 0 &&
	       step == JOURNAL_RECORD)
		p->seen++;
	if (r)
		p->seen_at = journal_read_at(r);
	journal_read_end(&r);
}

void archive_log_waiting(struct archive_log *l, uint64_t *n_r,
	int64_t *oldest_ms_r)
{
	struct arena *a = arena_new("journal files", 16 << 20);
	int64_t until = clock_ms() + COUNT_MS;
	const char **names;
	struct err e;
	size_t n = 0;

	*n_r = 0;
	*oldest_ms_r = l->oldest_ms;
	if (journal_files(a, &names, &n, &e) < 0)
		log_warn("%s", e.text);
	for (size_t i = 0; i < n; i++) {
		struct place *p = place_of(l, names[i]);

		count_file(p, until);
		*n_r += p->seen;
	}
	arena_free(&a);
}
