#include "store/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "store/commit.h"

enum {
	OPENS_A_DAY_MAX = 100000,
	DAY_SIZE = sizeof("20261122"),
	FILE_FULL = 64 << 20,	/* then a new one is begun */
};

struct journal {
	pthread_mutex_t lock;
	/* Records that are not known to be safe on the disk. */
	struct buf unsafe;
	size_t written;		/* of these, bytes that the file has */
	int fd;
	bool fresh;		/* its name is not safe yet */
	long day;
	size_t size;
};

struct journal *journal_open(void)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL || pthread_mutex_init(&j->lock, NULL) != 0)
		log_fatal("no memory for the journal");
	j->fd = -1;
	return j;
}

static long today(void)
{
	return (long)(clock_wall_ms() / 86400000);
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
static void expire(long day)
{
	DIR *d = opendir(ROOT_JOURNAL);
	char oldest[DAY_SIZE];

	name_of_day(day - JOURNAL_DAYS, oldest);
	for (struct dirent *f; d && (f = readdir(d)); )
		if (is_expired(f->d_name, oldest))
			unlinkat(dirfd(d), f->d_name, 0);
	if (d)
		closedir(d);
}

/*
 * A file of our own under a name that nobody has. A reader that found it
 * before we had the lock removes it as an empty one.
 */
static int open_locked(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND |
		O_CLOEXEC, 0640);
	struct stat st;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
	    st.st_nlink == 1)
		return fd;
	close(fd);
	errno = EEXIST;
	return -1;
}

/* Never one that was written to before: an old one may have a torn end. */
static int open_fresh(struct journal *j, struct err *e)
{
	char path[COMMIT_PATH_MAX], name[DAY_SIZE];

	j->day = today();
	name_of_day(j->day, name);
	for (unsigned n = 1; n < OPENS_A_DAY_MAX; n++) {
		snprintf(path, sizeof(path), ROOT_JOURNAL "/%s.%u", name, n);
		j->fd = open_locked(path);
		if (j->fd >= 0 || errno != EEXIST)
			break;
	}
	if (j->fd < 0)
		return commit_error(ROOT_JOURNAL, path, e);
	j->fresh = true;
	j->size = 0;
	return 0;
}

/* Whatever is not safe yet has to be written again, elsewhere. */
static void give_up_file(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
	j->written = 0;
}

/* Gives the file what it has not. */
static int write_rest(struct journal *j, struct err *e)
{
	struct span rest = span_after(buf_bytes(&j->unsafe), j->written);

	if (j->fd < 0 && open_fresh(j, e) < 0)
		return -1;
	if (io_write_all(j->fd, rest) < 0) {
		commit_error(ROOT_JOURNAL, ROOT_JOURNAL, e);
		give_up_file(j);
		return -1;
	}
	j->written += rest.n;
	j->size += rest.n;
	return 0;
}

bool journal_append(struct journal *j, struct span record)
{
	struct err e;
	bool room, well;

	if (record.n > JOURNAL_RECORD_MAX)
		return false;
	pthread_mutex_lock(&j->lock);
	room = j->unsafe.n + record.n < JOURNAL_BUFFER_MAX;
	well = j->written == j->unsafe.n;
	if (room)
		journal_frame(&j->unsafe, record);
	/* What failed once is the syncing thread's to repeat. */
	if (room && well)
		write_rest(j, &e);
	pthread_mutex_unlock(&j->lock);
	return room;
}

/* The first n of the unsafe bytes are safe. */
static void forget(struct journal *j, size_t n)
{
	struct buf *b = &j->unsafe;

	if (n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
	j->written -= n;
	if (b->n == 0 && (j->day != today() || j->size > FILE_FULL))
		give_up_file(j);
}

/*
 * The file's own descriptor may be closed by an append that fails; another
 * one of it keeps its lock, too.
 */
static int begin_sync(struct journal *j, size_t *n_r, bool *fresh_r,
	struct err *e)
{
	int fd;

	if (j->written < j->unsafe.n && write_rest(j, e) < 0)
		return -1;
	*n_r = j->written;
	*fresh_r = j->fresh;
	fd = fcntl(j->fd, F_DUPFD_CLOEXEC, 0);
	return fd >= 0 ? fd : commit_error(ROOT_JOURNAL, ROOT_JOURNAL, e);
}

static int end_sync(struct journal *j, int fd, size_t n, bool fresh,
	struct err *e)
{
	bool good = (!fresh || io_sync_dir(ROOT_JOURNAL) == 0) &&
		fdatasync(fd) == 0;

	if (!good)
		commit_error(ROOT_JOURNAL, ROOT_JOURNAL, e);
	else if (fresh)
		expire(today());
	close(fd);
	pthread_mutex_lock(&j->lock);
	/* Fewer: an append has given up this file meanwhile. */
	if (!good) {
		give_up_file(j);
	} else if (j->written >= n) {
		j->fresh = false;
		forget(j, n);
	}
	pthread_mutex_unlock(&j->lock);
	return good ? 0 : -1;
}

int journal_sync(struct journal *j, struct err *e)
{
	bool fresh = false;
	size_t n = 0;
	int fd = -1;

	pthread_mutex_lock(&j->lock);
	if (j->unsafe.n)
		fd = begin_sync(j, &n, &fresh, e);
	else if (j->fd >= 0)
		forget(j, 0);
	n = j->unsafe.n ? n : SIZE_MAX;
	pthread_mutex_unlock(&j->lock);
	if (n == SIZE_MAX)
		return 0;
	return fd < 0 ? -1 : end_sync(j, fd, n, fresh, e);
}

void journal_close(struct journal **j)
{
	struct err e;

	if (*j == NULL)
		return;
	if (journal_sync(*j, &e) < 0)
		log_error("journal: %s", e.text);
	give_up_file(*j);
	buf_free(&(*j)->unsafe);
	pthread_mutex_destroy(&(*j)->lock);
	free(*j);
	*j = NULL;
}
