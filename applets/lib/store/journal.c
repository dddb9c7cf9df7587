#include "store/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/map.h"
#include "base/root.h"
#include "base/wire.h"
#include "store/commit.h"

#define FOLDER ROOT_SPOOL "/journal"

enum {
	OPENS_A_DAY_MAX = 100000,
	DAY_SIZE = sizeof("20261122"),
	FILE_FULL = 256 << 20,	/* then a new one is begun */
};

struct journal {
	pthread_mutex_t lock;	/* of `waiting` only: append is quick */
	struct buf waiting;
	/* The rest belongs to the thread that syncs. */
	struct buf writing;
	int fd;
	long day;
	size_t written;		/* to fd */
};

/* Finds a torn or rotten record; no protection against anybody. */
static uint32_t check_of(struct span s)
{
	static const uint64_t key[2] = { 0, 0 };

	return (uint32_t)map_hash(key, s);
}

struct journal *journal_open(void)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL || pthread_mutex_init(&j->lock, NULL) != 0)
		log_fatal("no memory for the journal");
	j->fd = -1;
	return j;
}

bool journal_append(struct journal *j, struct span record)
{
	bool room;

	if (record.n > JOURNAL_RECORD_MAX)
		return false;
	pthread_mutex_lock(&j->lock);
	room = j->waiting.n + record.n < JOURNAL_BUFFER_MAX;
	if (room) {
		wire_put_u32(&j->waiting, (uint32_t)record.n);
		wire_put_u32(&j->waiting, check_of(record));
		buf_span(&j->waiting, record);
	}
	pthread_mutex_unlock(&j->lock);
	return room;
}

static void name_of_day(long day, char out[DAY_SIZE])
{
	time_t t = (time_t)day * 86400;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, DAY_SIZE, "%Y%m%d", &tm);
}

/* Is it a name of ours whose day comes before `oldest`? */
static bool is_expired(const char *name, const char oldest[DAY_SIZE])
{
	return strspn(name, "0123456789") == DAY_SIZE - 1 &&
	       name[DAY_SIZE - 1] == '.' &&
	       strncmp(name, oldest, DAY_SIZE - 1) < 0;
}

/* Days sort as text. */
static void expire(long today)
{
	DIR *d = opendir(FOLDER);
	char oldest[DAY_SIZE];

	name_of_day(today - JOURNAL_DAYS, oldest);
	for (struct dirent *f; d && (f = readdir(d)); )
		if (is_expired(f->d_name, oldest))
			unlinkat(dirfd(d), f->d_name, 0);
	if (d)
		closedir(d);
}

/* A file that nobody wrote to before: an old one may have a torn end. */
static int open_fresh(struct journal *j, long day, struct err *e)
{
	char path[COMMIT_PATH_MAX], name[DAY_SIZE];

	expire(day);
	name_of_day(day, name);
	for (unsigned n = 1; n < OPENS_A_DAY_MAX; n++) {
		snprintf(path, sizeof(path), FOLDER "/%s.%u", name, n);
		j->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND |
			O_CLOEXEC, 0640);
		if (j->fd >= 0 || errno != EEXIST)
			break;
	}
	j->day = day;
	j->written = 0;
	if (j->fd < 0 || io_sync_dir(FOLDER) < 0)
		return commit_error(FOLDER, path, e);
	return 0;
}

static void close_file(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

/* Takes over what was appended; `writing` may hold what failed before. */
static void take_waiting(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	if (j->writing.n == 0) {
		struct buf empty = j->writing;

		j->writing = j->waiting;
		j->waiting = empty;
	}
	pthread_mutex_unlock(&j->lock);
}

int journal_sync(struct journal *j, struct err *e)
{
	long day = (long)(clock_wall_ms() / 86400000);

	take_waiting(j);
	if (j->writing.n == 0)
		return 0;
	if (day != j->day || j->written > FILE_FULL)
		close_file(j);
	if (j->fd < 0 && open_fresh(j, day, e) < 0) {
		close_file(j);
		return -1;
	}
	if (io_write_all(j->fd, buf_bytes(&j->writing)) < 0 ||
	    fdatasync(j->fd) < 0) {
		commit_error(FOLDER, FOLDER, e);
		close_file(j);
		return -1;
	}
	j->written += j->writing.n;
	j->writing.n = 0;
	return 0;
}

void journal_close(struct journal **j)
{
	struct err e;

	if (*j == NULL)
		return;
	/* Twice: what had failed before, then what has come since. */
	if (journal_sync(*j, &e) < 0 || journal_sync(*j, &e) < 0)
		log_error("journal: %s", e.text);
	close_file(*j);
	buf_free(&(*j)->waiting);
	buf_free(&(*j)->writing);
	pthread_mutex_destroy(&(*j)->lock);
	free(*j);
	*j = NULL;
}

int journal_read(const char *path,
	bool (*each)(struct span record, void *context), void *context,
	bool *torn_r, struct err *e)
{
	struct buf b = { 0 };
	struct wire w;

	*torn_r = false;
	if (io_slurp(path, FILE_FULL + JOURNAL_BUFFER_MAX, &b, e) < 0) {
		buf_free(&b);
		return -1;
	}
	w = wire_open(buf_bytes(&b));
	while (w.rest.n && !*torn_r) {
		uint32_t n = wire_u32(&w), check = wire_u32(&w);
		struct span record = span_sub(w.rest, 0, n);

		*torn_r = w.bad || record.n < n || check_of(record) != check;
		if (*torn_r || !each(record, context))
			break;
		w.rest = span_after(w.rest, n);
	}
	buf_free(&b);
	return 0;
}
