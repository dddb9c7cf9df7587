#include "logbook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

#include "lines.h"

enum { NAME_SIZE = 256, HEAD_SIZE = 160 };

/* Opens the file and learns its size; the fd, or -1. */
static int open_file(struct logbook *j)
{
	struct stat st;
	int fd = open(j->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
		O_NOFOLLOW | O_NONBLOCK, 0640);

	if (fd >= 0 && fstat(fd, &st) == 0)
		j->size = (uint64_t)st.st_size;
	return fd;
}

int logbook_open(struct logbook *j, const char *path, uint64_t max,
	unsigned files, struct err *e)
{
	j->path = path;
	j->max = max;
	j->files = files;
	j->echo_fd = -1;
	j->fd = open_file(j);
	if (j->fd < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot open", path);
	return 0;
}

void logbook_reopen(struct logbook *j)
{
	int fd = open_file(j);

	if (fd < 0)
		return;
	close(j->fd);
	j->fd = fd;
}

/* pm.log becomes pm.log.1, that pm.log.2; the last one goes. */
static void rotate(struct logbook *j)
{
	char from[NAME_SIZE], to[NAME_SIZE];

	for (unsigned i = j->files - 1; i > 0; i--) {
		snprintf(to, sizeof(to), "%s.%u", j->path, i);
		if (i == 1)
			snprintf(from, sizeof(from), "%s", j->path);
		else
			snprintf(from, sizeof(from), "%s.%u", j->path, i - 1);
		rename(from, to);
	}
	if (j->files == 1)
		unlink(j->path);
	logbook_reopen(j);
}

/* Forgets the oldest half of what could not be written. */
static void drop_half(struct logbook *j)
{
	size_t keep_from = j->used / 2;

	while (keep_from < j->used && j->ring[keep_from - 1] != '\n')
		keep_from++;
	for (size_t i = 0; i < keep_from; i++)
		j->lost += j->ring[i] == '\n';
	memmove(j->ring, j->ring + keep_from, j->used - keep_from);
	j->used -= keep_from;
}

/*
 * Writes whole lines only: a short write is cut back to its last newline, so
 * that the file never holds half a line. Returns how much is in the file.
 */
static size_t write_lines(struct logbook *j, const char *p, size_t n)
{
	ssize_t wrote;
	size_t whole;

	do
		wrote = write(j->fd, p, n);
	while (wrote < 0 && errno == EINTR);
	if (wrote < 0)
		return 0;
	whole = (size_t)wrote;
	while (whole && p[whole - 1] != '\n')
		whole--;
	if (whole < (size_t)wrote &&
	    ftruncate(j->fd, (off_t)(j->size + whole)) < 0)
		whole = (size_t)wrote;
	j->size += whole;
	return whole;
}

/* Says in the file what is missing in it. */
static bool confess(struct logbook *j)
{
	char line[HEAD_SIZE], stamp[CLOCK_STAMP_SIZE];
	size_t n;

	if (j->lost == 0)
		return true;
	clock_stamp(clock_wall_ms(), stamp);
	n = (size_t)snprintf(line, sizeof(line), "%s supervise[%d] error: "
		"%llu lines lost: the log could not be written\n", stamp,
		getpid(), (unsigned long long)j->lost);
	if (write_lines(j, line, n) != n)
		return false;
	j->lost = 0;
	return true;
}

/* Whole lines of what waits, as many as one file may have. */
static size_t next_piece(const struct logbook *j)
{
	size_t n = j->used;

	if (n <= j->max)
		return n;
	n = (size_t)j->max;
	while (n && j->ring[n - 1] != '\n')
		n--;
	return n ? n : j->used;
}

void logbook_flush(struct logbook *j)
{
	size_t n, wrote;

	if (j->used == 0 || (j->retry_ms && clock_ms() < j->retry_ms))
		return;
	do {
		n = next_piece(j);
		if (j->size && j->size + n > j->max)
			rotate(j);
		wrote = confess(j) ? write_lines(j, j->ring, n) : 0;
		memmove(j->ring, j->ring + wrote, j->used - wrote);
		j->used -= wrote;
	} while (wrote == n && j->used);
	j->retry_ms = j->used ? clock_ms() + LOGBOOK_RETRY_MS : 0;
}

int64_t logbook_retry(const struct logbook *j)
{
	return j->used ? j->retry_ms : 0;
}

void logbook_add(struct logbook *j, const char *label, struct span text,
	const char *mark)
{
	static char safe[4 * LINES_MAX + 1]; /* each byte may become \xNN */
	char stamp[CLOCK_STAMP_SIZE];
	size_t need;
	int n;

	clock_stamp(clock_wall_ms(), stamp);
	utf8_printable(span_sub(text, 0, LINES_MAX), safe, sizeof(safe));
	need = strlen(safe) + strlen(label) + strlen(mark) + sizeof(stamp) + 4;
	if (need > sizeof(j->ring) - j->used)
		logbook_flush(j);
	while (need > sizeof(j->ring) - j->used)
		drop_half(j);
	n = snprintf(j->ring + j->used, need, "%s %s %s%s\n", stamp, label,
		safe, mark);
	if (j->echo_fd >= 0 &&
	    write(j->echo_fd, j->ring + j->used, (size_t)n) < 0 &&
	    errno == EPIPE)
		j->echo_fd = -1;
	j->used += (size_t)n;
}
