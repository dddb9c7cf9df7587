/*
 * Release, forward, delete: what people do with a quarantined message.
 *
 * A release must arrive once, whatever dies meanwhile. The injector removes
 * a copy once it is sent, so the absence of inject/ID-rN says nothing. So
 * the copy is first written under a name that the injector does not look at,
 * then ID.state says "released, N copies" (one rename: the commit point),
 * then the copy gets its name. Dying before the note leaves a held message
 * and a file that is swept; dying after it leaves a copy that is owed, which
 * recover_copies() hands over. Two people at once: a lock on the entry.
 */
#include "store/held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "store/state.h"

enum { MESSAGE_ARENA = 1 << 30 };

/* Why an entry that is not there is not there. */
static int say_gone(const struct id *id, struct arena *a, struct err *e)
{
	struct state s;
	const char *deleted = NULL;

	if (state_load(id, a, &s, e) < 0)
		return -1;
	if (s.moving)
		return err_set(e, ERR_TEMPORARY, "%s is on its way to the "
			"database: try again", id->text);
	if (s.state == QUARANTINE_DELETED)
		deleted = state_last(&s, "deleted", a);
	if (deleted)
		return err_set(e, ERR_PERMANENT, "%s was deleted at %s",
			id->text, deleted);
	return err_set(e, ERR_PERMANENT, "no message %s in the quarantine: "
		"`pm quarantine list --all` shows them", id->text);
}

/*
 * Opens and locks the entry, then loads its state. The descriptor, or -1;
 * closing it unlocks.
 */
static int lock_entry(const struct id *id, struct arena *a, struct state *s,
	struct err *e)
{
	char path[COMMIT_PATH_MAX];
	struct stat st;
	int fd;

	state_paths_file(id, "", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return say_gone(id, a, e);
	if (fd < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot open", path);
	if (flock(fd, LOCK_EX) == 0 && state_load(id, a, s, e) == 0) {
		/* It may have gone to the database while we waited. */
		if (s->state != QUARANTINE_DELETED && !s->moving &&
		    fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		/* Deleted while we waited, or half: finish that. */
		if (s->state == QUARANTINE_DELETED)
			unlink(path);
		say_gone(id, a, e);
	}
	close(fd);
	return -1;
}

/* The recipients of all items of a record. */
static void take_rcpts(const struct spool_record *r, struct arena *a,
	struct spool_copy *c)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nitems; i++)
		n += r->items[i].nrcpts;
	c->rcpts = arena_array(a, n, sizeof(*c->rcpts));
	for (size_t i = 0; i < r->nitems; i++)
		for (size_t j = 0; j < r->items[i].nrcpts; j++)
			c->rcpts[c->nrcpts++] = r->items[i].rcpts[j];
}

/* "released to a@example.org b@example.org" */
static struct span describe(const char *verb, const struct spool_copy *c,
	struct arena *a)
{
	struct buf b = { .arena = a };

	buf_printf(&b, "%s to", verb);
	for (size_t i = 0; i < c->nrcpts; i++) {
		buf_byte(&b, ' ');
		buf_span(&b, c->rcpts[i]);
	}
	return buf_bytes(&b);
}

/* A hand-over in the order that the comment at the top argues. */
static int hand_over(const struct id *id, const struct spool_copy *c,
	struct state *s, struct err *e)
{
	struct err late;

	if (spool_copy_write(c, e) < 0)
		return -1;
	s->copies++;
	if (state_save(id, s, e) < 0)
		return -1;
	/* From here it is owed, and ENOENT means that the recorder did it. */
	if (spool_copy_publish(c->name, &late) < 0 && errno != ENOENT)
		log_warn("%s (the recorder repeats it)", late.text);
	return 0;
}

/* A release goes to whom the message was for; others want a forward. */
static int check_rcpts(const struct spool_copy *wanted,
	const struct spool_copy *all, const struct id *id, struct err *e)
{
	for (size_t i = 0; i < wanted->nrcpts; i++) {
		bool found = false;

		for (size_t j = 0; j < all->nrcpts; j++)
			found |= span_caseeq(wanted->rcpts[i], all->rcpts[j]);
		if (!found)
			return err_set(e, ERR_PERMANENT, "%.*s is no "
				"recipient of %s: use forward",
				SPAN_FMT(wanted->rcpts[i]), id->text);
	}
	return 0;
}

struct wish {
	bool release;
	const char *verb;	/* "released", "forwarded" */
	const struct span *rcpts;
	size_t nrcpts;
	const char *who;
};

static int fulfil(const struct id *id, const struct wish *wish,
	struct state *s, struct arena *a, struct err *e)
{
	struct spool_record r;
	struct spool_copy c = { 0 }, all = { 0 };
	char path[COMMIT_PATH_MAX];

	state_paths_file(id, "", path);
	if (spool_read(path, a, &r, e) < 0)
		return -1;
	snprintf(c.name, sizeof(c.name), "%s-r%u", id->text, s->copies + 1);
	c.mail_from = r.mail_from;
	c.body = r.body;
	c.rcpts = (struct span *)wish->rcpts;
	c.nrcpts = wish->nrcpts;
	take_rcpts(&r, a, &all);
	if (c.nrcpts == 0) {
		c.rcpts = all.rcpts;
		c.nrcpts = all.nrcpts;
	}
	if (wish->release && check_rcpts(&c, &all, id, e) < 0)
		return -1;
	state_note(s, wish->who, describe(wish->verb, &c, a), a);
	return hand_over(id, &c, s, e);
}

int held_release(const struct id *id, const struct span *rcpts,
	size_t nrcpts, bool again, const char *who, struct err *e)
{
	struct arena *a = arena_new("release", MESSAGE_ARENA);
	struct wish wish = { true, "released", rcpts, nrcpts, who };
	struct state s;
	int fd = lock_entry(id, a, &s, e), result = -1;

	if (fd >= 0 && s.state == QUARANTINE_RELEASED && !again) {
		err_set(e, ERR_PERMANENT, "%s was released at %s: use --again",
			id->text, state_last(&s, "released", a));
	} else if (fd >= 0) {
		s.state = QUARANTINE_RELEASED;
		result = fulfil(id, &wish, &s, a, e);
	}
	if (fd >= 0)
		close(fd);
	arena_free(&a);
	return result;
}

int held_forward(const struct id *id, const struct span *rcpts,
	size_t nrcpts, const char *who, struct err *e)
{
	struct arena *a = arena_new("forward", MESSAGE_ARENA);
	struct wish wish = { false, "forwarded", rcpts, nrcpts, who };
	struct state s;
	int fd = -1, result = -1;

	if (nrcpts == 0)
		err_set(e, ERR_PERMANENT, "%s: forward to whom?", id->text);
	else
		fd = lock_entry(id, a, &s, e);
	if (fd >= 0) {
		result = fulfil(id, &wish, &s, a, e);
		close(fd);
	}
	arena_free(&a);
	return result;
}

/* The note first: an entry without a body must say why. */
int held_delete(const struct id *id, const char *who, struct err *e)
{
	struct arena *a = arena_new("delete", MESSAGE_ARENA);
	char path[COMMIT_PATH_MAX], day[COMMIT_PATH_MAX];
	struct state s;
	int fd = lock_entry(id, a, &s, e), result = -1;

	state_paths_file(id, "", path);
	state_paths_day(id, day);
	if (fd >= 0) {
		s.state = QUARANTINE_DELETED;
		state_note(&s, who, SPAN("deleted it"), a);
		result = state_save(id, &s, e);
		if (result == 0 && (unlink(path) < 0 || io_sync_dir(day) < 0))
			result = err_errno(e, ERR_TEMPORARY,
				"%s: cannot remove", path);
		close(fd);
	}
	arena_free(&a);
	return result;
}
