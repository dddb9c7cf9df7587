#include "store/retire.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/root.h"
#include "store/commit.h"
#include "store/held.h"
#include "store/spool.h"

#define NEW ROOT_SPOOL "/new"

enum { RECORD_ARENA = 1 << 30 };

/* Writes the n-th copy, still hidden. */
static int write_copy(const struct spool_record *r,
	const struct spool_item *item, unsigned n, struct err *e)
{
	struct spool_copy c = { .mail_from = item->new_sender ?
		item->mail_from : r->mail_from,
		.rcpts = item->rcpts, .nrcpts = item->nrcpts };
	struct buf b = { 0 };
	int result = -1;

	snprintf(c.name, sizeof(c.name), "%s-%u", r->id.text, n);
	if (!spool_splice(r->body, item->splices, item->nsplices, &b)) {
		err_set(e, ERR_PERMANENT, "spool: %s: the edits of copy %u do "
			"not fit its message", r->id.text, n);
	} else {
		c.body = buf_bytes(&b);
		result = spool_copy_write(&c, e);
	}
	buf_free(&b);
	return result;
}

static int write_copies(const struct spool_record *r, unsigned *n_r,
	struct err *e)
{
	*n_r = 0;
	for (size_t i = 0; i < r->nitems; i++)
		if (r->items[i].kind == SPOOL_COPY &&
		    write_copy(r, &r->items[i], ++*n_r, e) < 0)
			return -1;
	return 0;
}

/* The folder of one archive, safe on disk. */
static int make_archive(struct span name, char out[COMMIT_PATH_MAX],
	struct err *e)
{
	snprintf(out, COMMIT_PATH_MAX, ROOT_ARCHIVE "/%.*s",
		SPAN_FMT(span_sub(name, 0, 64)));
	if (mkdir(out, 0770) < 0)
		return errno == EEXIST ? 0 :
			commit_error(ROOT_ARCHIVE, out, e);
	/* The umask must not keep out the group; keep the set-group-ID bit. */
	if (chmod(out, 02770) < 0 || io_sync_dir(ROOT_ARCHIVE) < 0)
		return commit_error(ROOT_ARCHIVE, out, e);
	return 0;
}

/* The message as it came; written again, it is the same file. */
static int write_archive(const struct spool_record *r, struct span name,
	struct err *e)
{
	char folder[COMMIT_PATH_MAX], tmp[2 * COMMIT_PATH_MAX];
	char path[2 * COMMIT_PATH_MAX];

	if (make_archive(name, folder, e) < 0)
		return -1;
	snprintf(tmp, sizeof(tmp), "%s/.%s", folder, r->id.text);
	snprintf(path, sizeof(path), "%s/%s.eml", folder, r->id.text);
	if (commit_write(folder, tmp, &r->body, 1, e) < 0)
		return -1;
	return commit_publish(tmp, path, folder, e);
}

static int write_archives(const struct spool_record *r, struct err *e)
{
	for (size_t i = 0; i < r->nitems; i++)
		if (r->items[i].kind == SPOOL_ARCHIVE &&
		    write_archive(r, r->items[i].reason, e) < 0)
			return -1;
	return 0;
}

/* All is safe elsewhere: from here the copies are owed. */
static int remove_record(const char *path, struct err *e)
{
	if (unlink(path) < 0 || io_sync_dir(NEW) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot remove", path);
	return 0;
}

static int publish_copies(const struct id *id, unsigned n, struct err *e)
{
	char name[COMMIT_PATH_MAX];
	int result = 0;

	for (unsigned i = 1; i <= n; i++) {
		snprintf(name, sizeof(name), "%s-%u", id->text, i);
		if (spool_copy_publish(name, e) < 0 && errno != ENOENT)
			result = -1;
	}
	return result;
}

/*
 * Most records are for the quarantine alone: they are moved. 1: done; 0: not
 * such a one.
 */
static int move_to_quarantine(const struct spool_record *r, const char *path,
	struct err *e)
{
	int moved;

	for (size_t i = 0; i < r->nitems; i++)
		if (r->items[i].kind != SPOOL_QUARANTINE)
			return 0;
	moved = r->nitems ? held_take(path, &r->id, e) : 0;
	if (moved == 1 && io_sync_dir(NEW) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot sync", NEW);
	return moved;
}

static int retire(const char *name, const char *path, struct arena *a,
	struct err *e)
{
	struct spool_record r;
	unsigned copies;
	int moved;

	if (spool_read_head(path, a, &r, e) < 0)
		return -1;
	if (!span_is(span_of(name), r.id.text))
		return err_set(e, ERR_PERMANENT,
			"%s: holds another record, %s", path, r.id.text);
	moved = move_to_quarantine(&r, path, e);
	if (moved != 0)
		return moved < 0 ? -1 : 0;
	if (spool_read(path, a, &r, e) < 0 || held_add(&r, e) < 0 ||
	    write_archives(&r, e) < 0 ||
	    write_copies(&r, &copies, e) < 0 || remove_record(path, e) < 0)
		return -1;
	return publish_copies(&r.id, copies, e);
}

/* Hidden copies of a record that turned out bad must not become owed. */
static void forget_copies(const char *name)
{
	char path[COMMIT_PATH_MAX];

	for (unsigned n = 1; ; n++) {
		snprintf(path, sizeof(path), ROOT_SPOOL "/inject/.%.64s-%u",
			name, n);
		if (unlink(path) < 0)
			return;
	}
}

int retire_record(const char *name, struct err *e)
{
	struct arena *a = arena_new("retire", RECORD_ARENA);
	char path[COMMIT_PATH_MAX], bad[COMMIT_PATH_MAX];
	int result;

	snprintf(path, sizeof(path), NEW "/%.64s", name);
	snprintf(bad, sizeof(bad), ROOT_SPOOL "/bad/%.64s", name);
	result = retire(name, path, a, e);
	arena_free(&a);
	if (result == 0 || e->class != ERR_PERMANENT)
		return result;
	forget_copies(name);
	/* Somebody else's removal is no trouble: then there is no record. */
	if (rename(path, bad) < 0 && errno != ENOENT)
		e->class = ERR_TEMPORARY;
	return -1;
}
