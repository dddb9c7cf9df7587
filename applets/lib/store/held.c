#include "store/held.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "store/state.h"

enum {
	ENTRY_ARENA = 1 << 30,
	DAY_MS = 86400000,
	DAY_NAME_SIZE = 9,	/* "20261122" and its NUL */
};

/* Makes quarantine/DAY survive a power cut before anything is in it. */
static int make_day(const struct id *id, struct err *e)
{
	char day[COMMIT_PATH_MAX];

	state_paths_day(id, day);
	if (mkdir(day, 0770) < 0)
		return errno == EEXIST ? 0 :
			commit_error(ROOT_QUARANTINE, day, e);
	/* The umask must not keep out the group; keep the set-group-ID bit. */
	if (chmod(day, 02770) < 0 || io_sync_dir(ROOT_QUARANTINE) < 0)
		return commit_error(ROOT_QUARANTINE, day, e);
	return 0;
}

/* Writes the entry of a record that has quarantine items only. */
static int write_entry(const struct spool_record *r, struct err *e)
{
	char tmp[COMMIT_PATH_MAX], path[COMMIT_PATH_MAX];
	char day[COMMIT_PATH_MAX];
	struct buf frame = { 0 };
	struct span parts[3];
	int result;

	state_paths_file(&r->id, ".", tmp);
	state_paths_file(&r->id, "", path);
	state_paths_day(&r->id, day);
	spool_encode(r, &frame);
	parts[0] = buf_bytes(&frame);
	parts[1] = r->body;
	parts[2] = SPOOL_END;
	result = commit_write(ROOT_QUARANTINE, tmp, parts, 3, e);
	buf_free(&frame);
	return result < 0 ? -1 : commit_publish(tmp, path, day, e);
}

bool held_knows(const struct id *id)
{
	char path[COMMIT_PATH_MAX];

	state_paths_file(id, "", path);
	if (access(path, F_OK) == 0)
		return true;
	state_paths_state(id, path);
	return access(path, F_OK) == 0;
}

int held_take(const char *path, const struct id *id, struct err *e)
{
	char day[COMMIT_PATH_MAX], entry[COMMIT_PATH_MAX];

	if (held_knows(id))
		return 0;
	state_paths_day(id, day);
	state_paths_file(id, "", entry);
	if (make_day(id, e) < 0)
		return -1;
	if (rename(path, entry) < 0)
		return errno == EXDEV ? 0 : commit_error(ROOT_QUARANTINE,
			entry, e);
	return io_sync_dir(day) < 0 ?
		commit_error(ROOT_QUARANTINE, entry, e) : 1;
}

int held_add(const struct spool_record *r, struct err *e)
{
	struct spool_record kept = *r;
	int result = 0;

	kept.items = calloc(r->nitems + 1, sizeof(*kept.items));
	if (kept.items == NULL)
		return err_set(e, ERR_TEMPORARY, "quarantine: no memory");
	kept.nitems = 0;
	for (size_t i = 0; i < r->nitems; i++)
		if (r->items[i].kind == SPOOL_QUARANTINE)
			kept.items[kept.nitems++] = r->items[i];
	if (kept.nitems && !held_knows(&r->id))
		result = make_day(&r->id, e) < 0 || write_entry(&kept, e) < 0 ?
			-1 : 0;
	free(kept.items);
	return result;
}

/* Fills an entry from its two files. */
static int read_entry(const struct id *id, bool body, struct arena *a,
	struct held_entry *q, struct err *e)
{
	char path[COMMIT_PATH_MAX];
	struct state s;

	*q = (struct held_entry){ .record.id = *id };
	state_paths_file(id, "", path);
	if (state_load(id, a, &s, e) < 0)
		return -1;
	q->moving = s.moving;
	if (s.moving && access(path, F_OK) < 0)
		return err_set(e, ERR_PERMANENT, "%s is in the database",
			id->text);
	if (s.state != QUARANTINE_DELETED &&
	    (body ? spool_read : spool_read_head)(path, a, &q->record, e) < 0)
		return -1;
	q->state = s.state;
	q->copies = s.copies;
	q->history = s.history;
	return 0;
}

int held_get(const struct id *id, struct arena *a,
	struct held_entry *q_r, struct err *e)
{
	char path[COMMIT_PATH_MAX];

	if (!held_knows(id)) {
		/* Not the path: the user typed an id. */
		return err_set(e, ERR_PERMANENT, "no message %s in the "
			"quarantine: `pm quarantine list --all` shows them",
			id->text);
	}
	state_paths_file(id, "", path);
	return read_entry(id, true, a, q_r, e);
}

/* Is there nothing wanted, or is it in there, ASCII case ignored? */
static bool has(struct span s, struct span wanted)
{
	return wanted.n == 0 || span_casefind(s, wanted) != SIZE_MAX;
}

static bool item_matches(const struct held_filter *f,
	const struct spool_item *item)
{
	if (!has(item->reason, f->reason))
		return false;
	if (f->rcpt.n == 0)
		return true;
	for (size_t i = 0; i < item->nrcpts; i++)
		if (has(item->rcpts[i], f->rcpt))
			return true;
	return false;
}

static bool matches(const struct held_filter *f,
	const struct held_entry *q)
{
	const struct spool_record *r = &q->record;

	if (q->state != QUARANTINE_HELD && !f->all_states)
		return false;
	if (q->state == QUARANTINE_DELETED)
		return f->reason.n + f->rcpt.n + f->sender.n +
			f->subject.n == 0;
	if (!has(r->subject, f->subject) ||
	    (!has(r->mail_from, f->sender) && !has(r->header_from, f->sender)))
		return false;
	for (size_t i = 0; i < r->nitems; i++)
		if (item_matches(f, &r->items[i]))
			return true;
	return false;
}

static bool in_time(const struct held_filter *f, int64_t from,
	int64_t to)
{
	return (f->since_ms == 0 || to >= f->since_ms) &&
	       (f->until_ms == 0 || from <= f->until_ms);
}

/* What a walk through the quarantine carries along. */
struct walk {
	const struct held_filter *f;
	bool (*each)(const struct held_entry *q, void *context);
	void *context;
	struct arena *a;
	size_t unreadable;
	bool stop;
};

static void visit(struct walk *w, const struct id *id)
{
	struct held_entry q;
	struct err e;

	if (!in_time(w->f, id_time_ms(id), id_time_ms(id)))
		return;
	arena_reset(w->a);
	/* What is moved meanwhile is not damaged. */
	if (read_entry(id, false, w->a, &q, &e) < 0)
		w->unreadable += !q.moving && held_knows(id);
	else if (matches(w->f, &q))
		w->stop = !w->each(&q, w->context);
}

static int newest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name);
}

static int is_day(const struct dirent *d)
{
	uint64_t v;

	return span_of(d->d_name).n == DAY_NAME_SIZE - 1 &&
	       span_u64(span_of(d->d_name), 99991231, &v);
}

/* An entry, or the state that a deleted one left. */
static int is_entry(const struct dirent *d)
{
	struct span s = span_of(d->d_name);
	struct id id;

	return id_parse(span_sub(s, 0, ID_TEXT_SIZE - 1), &id) &&
	       (s.n == ID_TEXT_SIZE - 1 || span_ends(s, SPAN(".state")));
}

static void free_names(struct dirent **names, int n)
{
	while (n > 0)
		free(names[--n]);
	free(names);
}

static void walk_day(struct walk *w, const char *day)
{
	char path[COMMIT_PATH_MAX];
	struct dirent **names;
	struct id id, last = { 0 };
	int n;

	snprintf(path, sizeof(path), ROOT_QUARANTINE "/%.16s", day);
	n = scandir(path, &names, is_entry, newest_first);
	if (n < 0) {
		w->unreadable++;
		return;
	}
	/* ID.state comes just before ID: one visit for both. */
	for (int i = 0; i < n && !w->stop; i++) {
		id_parse(span_sub(span_of(names[i]->d_name), 0,
			ID_TEXT_SIZE - 1), &id);
		if (strcmp(id.text, last.text) != 0)
			visit(w, &id);
		last = id;
	}
	free_names(names, n);
}

/* The first millisecond of "20261122", by the ids that may be in it. */
static int64_t day_start(const char *day)
{
	struct tm tm = { 0 };

	sscanf(day, "%4d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000;
}

int held_list(const struct held_filter *f,
	bool (*each)(const struct held_entry *q, void *context),
	void *context, size_t *unreadable_r, struct err *e)
{
	struct walk w = { .f = f, .each = each, .context = context };
	struct dirent **days;
	int n = scandir(ROOT_QUARANTINE, &days, is_day, newest_first);

	*unreadable_r = 0;
	if (n < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot list",
			ROOT_QUARANTINE);
	w.a = arena_new("quarantine list", ENTRY_ARENA);
	for (int i = 0; i < n && !w.stop; i++) {
		int64_t start = day_start(days[i]->d_name);

		if (in_time(f, start, start + DAY_MS - 1))
			walk_day(&w, days[i]->d_name);
	}
	arena_free(&w.a);
	free_names(days, n);
	*unreadable_r = w.unreadable;
	return 0;
}
