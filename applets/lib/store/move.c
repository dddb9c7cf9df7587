#include "store/move.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/map.h"
#include "store/archive.h"
#include "store/state.h"

enum {
	MESSAGE_ARENA = 1 << 30,
	ALONE_S = 30,	/* so long the journal may take to tell of it */
	REFUSED_MAX = 10000,
	DAY_MS = 86400000,
};

/* An entry under our lock. */
struct parcel {
	struct id id;
	int fd;
	struct state state;
	struct arena *a;
};

static bool is_there(const char *folder, const char *name)
{
	char path[COMMIT_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0 || errno != ENOENT;
}

/* False: not now, or not at all. */
static bool lock(struct parcel *p)
{
	char path[COMMIT_PATH_MAX];
	struct stat st;
	struct err e;

	state_paths_file(&p->id, "", path);
	p->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (p->fd < 0)
		return false;
	return flock(p->fd, LOCK_EX | LOCK_NB) == 0 &&
	       fstat(p->fd, &st) == 0 && st.st_nlink > 0 &&
	       /* Its record could come again and find nothing here. */
	       !is_there(ROOT_SPOOL "/new", p->id.text) &&
	       state_load(&p->id, p->a, &p->state, &e) == 0 &&
	       p->state.state != QUARANTINE_DELETED;
}

/*
 * Copies that are owed by the state (store/recover.h): it goes, so they must
 * have their names before.
 */
static int hand_over_copies(const struct parcel *p, struct err *e)
{
	char name[ID_TEXT_SIZE + 16];

	for (unsigned n = 1; n <= p->state.copies; n++) {
		snprintf(name, sizeof(name), "%s-r%u", p->id.text, n);
		if (spool_copy_publish(name, e) < 0 && errno != ENOENT)
			return -1;
	}
	return 0;
}

static int mark(struct parcel *p, bool moving, struct err *e)
{
	if (p->state.moving == moving)
		return 0;
	p->state.moving = moving;
	return state_save(&p->id, &p->state, e);
}

/* The entry first: its state says where it went until nothing is left. */
static int remove_both(const struct parcel *p, struct err *e)
{
	char path[COMMIT_PATH_MAX], day[COMMIT_PATH_MAX];

	state_paths_day(&p->id, day);
	state_paths_file(&p->id, "", path);
	if ((unlink(path) < 0 && errno != ENOENT) || io_sync_dir(day) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot remove", path);
	state_paths_state(&p->id, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot remove", path);
	return 0;
}

/* May its message have no row because the journal was lost? */
static bool is_alone(const struct move *m, const struct parcel *p)
{
	struct stat st;

	return m->journal_done && fstat(p->fd, &st) == 0 &&
	       st.st_mtime < time(NULL) - ALONE_S;
}

static int read_parcel(const struct parcel *p, struct held_entry *q,
	struct err *e)
{
	char path[COMMIT_PATH_MAX];

	*q = (struct held_entry){ .state = p->state.state,
		.copies = p->state.copies, .history = p->state.history };
	state_paths_file(&p->id, "", path);
	return spool_read(path, p->a, &q->record, e);
}

/*
 * The journal tells of a message first: its row has everybody. Is it time?
 * 1, 0, or -1 and *e.
 */
static int is_due(const struct move *m, const struct parcel *p, struct err *e)
{
	bool known;

	if (p->state.moving || is_alone(m, p))
		return 1;
	return archive_knows(m->db, &p->id, &known, e) < 0 ? -1 : known;
}

/* 1: moved, 0: not yet, -1. */
static int carry(struct move *m, struct parcel *p, struct err *e)
{
	bool marked = p->state.moving;
	int due = is_due(m, p, e);
	struct held_entry q;
	struct err late;
	bool doubt;

	if (due <= 0)
		return due;
	if (hand_over_copies(p, e) < 0 || read_parcel(p, &q, e) < 0 ||
	    mark(p, true, e) < 0)
		return -1;
	if (archive_entry(m->db, m->key, &q, m->appliance, &doubt, e) == 0)
		return remove_both(p, e) < 0 ? -1 : 1;
	/*
	 * A mark from before stays: that commit may have come through. If
	 * unmarking fails, too, the next pass finds it marked and goes on.
	 */
	if (!doubt && !marked)
		mark(p, false, &late);
	return -1;
}

static int move_one(struct move *m, const struct id *id, struct err *e)
{
	struct parcel p = { .id = *id, .fd = -1 };
	int result = 0;

	p.a = arena_new("move", MESSAGE_ARENA);
	if (lock(&p))
		result = carry(m, &p, e);
	if (p.fd >= 0)
		close(p.fd);
	arena_free(&p.a);
	return result;
}

static void refuse(struct move *m, const struct id *id, const struct err *e,
	void (*told)(const char *id, const char *why))
{
	if (map_count(m->refused) < REFUSED_MAX)
		map_put(m->refused, arena_span(m->arena, span_of(id->text)),
			m);
	told(id->text, e->text);
}

/* A state whose entry has been moved, left by a crash. */
static void sweep(const struct id *id)
{
	struct arena *a = arena_new("sweep", MESSAGE_ARENA);
	char path[COMMIT_PATH_MAX];
	struct state s;
	struct err e;

	state_paths_file(id, "", path);
	if (access(path, F_OK) < 0 && errno == ENOENT &&
	    state_load(id, a, &s, &e) == 0 && s.moving) {
		state_paths_state(id, path);
		unlink(path);
	}
	arena_free(&a);
}

static void count(struct move *m, const struct id *id)
{
	m->waiting++;
	if (m->oldest_ms == 0 || id_time_ms(id) < m->oldest_ms)
		m->oldest_ms = id_time_ms(id);
}

static int visit(struct move *m, const char *name, size_t most,
	void (*told)(const char *id, const char *why), struct err *e)
{
	struct span s = span_of(name);
	struct id id;
	int result;

	if (!id_parse(span_sub(s, 0, ID_TEXT_SIZE - 1), &id))
		return 0;
	if (s.n > ID_TEXT_SIZE - 1) {
		if (span_ends(s, SPAN(".state")))
			sweep(&id);
		return 0;
	}
	if (map_get(m->refused, span_of(id.text)))
		return 0;
	if (m->moved >= most) {
		count(m, &id);
		return 0;
	}
	result = move_one(m, &id, e);
	if (result < 0 && e->class == ERR_PERMANENT) {
		refuse(m, &id, e, told);
		return 0;
	}
	if (result <= 0)
		count(m, &id);
	m->moved += result > 0;
	return result < 0 ? -1 : 0;
}

/* Past days' folders go when they are empty; rmdir knows. */
static void remove_day(const char *path, const char *name)
{
	time_t yesterday = (time_t)(clock_wall_ms() - DAY_MS) / 1000;
	char oldest[9];
	struct tm tm;

	gmtime_r(&yesterday, &tm);
	strftime(oldest, sizeof(oldest), "%Y%m%d", &tm);
	if (strcmp(name, oldest) < 0)
		rmdir(path);
}

static int visit_day(struct move *m, const char *name, size_t most,
	void (*told)(const char *id, const char *why), struct err *e)
{
	char path[COMMIT_PATH_MAX];
	int result = 0;
	uint64_t day;
	DIR *d;

	if (!span_u64(span_of(name), 99991231, &day))
		return 0;
	snprintf(path, sizeof(path), ROOT_QUARANTINE "/%.16s", name);
	d = opendir(path);
	/* The rest is counted, though the database is away. */
	for (struct dirent *f; d && (f = readdir(d)); )
		if (visit(m, f->d_name, result < 0 ? 0 : most, told, e) < 0)
			result = -1;
	if (d)
		closedir(d);
	remove_day(path, name);
	return result;
}

int move_pass(struct move *m, size_t most,
	void (*refused)(const char *id, const char *why), struct err *e)
{
	DIR *d = opendir(ROOT_QUARANTINE);
	int result = 0;

	m->moved = m->waiting = 0;
	m->oldest_ms = 0;
	if (d == NULL)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot list",
			ROOT_QUARANTINE);
	for (struct dirent *f; (f = readdir(d)); )
		if (visit_day(m, f->d_name, result < 0 ? 0 : most, refused,
			e) < 0)
			result = -1;
	closedir(d);
	return result;
}
