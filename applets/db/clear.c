/*
 * Who still works in the cluster's folder: a server whose parent was killed,
 * or its backends. Told by their working folder, because a pid in a file may
 * be somebody else's by now.
 */
#include "cluster.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"

#define SOCKET ROOT_DB "/.s.PGSQL.5432"

enum {
	FAST_MS = 20000,	/* for a shutdown with a checkpoint */
	KILL_MS = 25000,
	GIVE_UP_MS = 30000,
	POLL_MS = 20,
	PID_FILE_MAX = 4096,
	STATUS_LINE = 8,	/* of postmaster.pid, as pg_ctl reads it */
};

/* Is the process at work in the data folder? */
static bool works_there(pid_t pid, const struct stat *data)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	return stat(path, &st) == 0 && st.st_dev == data->st_dev &&
		st.st_ino == data->st_ino;
}

/* Sends a signal (0: none) to all who work there; how many they are. */
static unsigned signal_all(const struct stat *data, int signal)
{
	DIR *d = opendir("/proc");
	struct dirent *f;
	unsigned n = 0;
	uint64_t pid;

	while (d && (f = readdir(d))) {
		if (!span_u64(span_of(f->d_name), INT32_MAX, &pid) ||
		    !works_there((pid_t)pid, data))
			continue;
		n++;
		if (signal)
			kill((pid_t)pid, signal);
	}
	if (d)
		closedir(d);
	return n;
}

/* The n-th line of postmaster.pid, from 1; empty: it has none. */
static struct span pid_line(struct buf *b, unsigned n)
{
	struct span rest, line;
	struct err e;

	if (io_slurp(CLUSTER_PID, PID_FILE_MAX, b, &e) < 0)
		return SPAN("");
	rest = buf_bytes(b);
	while (span_line(&rest, &line))
		if (--n == 0)
			return span_trim(line);
	return SPAN("");
}

static pid_t postmaster(void)
{
	struct buf b = { 0 };
	uint64_t pid;
	bool is = span_u64(pid_line(&b, 1), INT32_MAX, &pid) && pid > 1;

	buf_free(&b);
	return is ? (pid_t)pid : 0;
}

bool cluster_accepts(pid_t pid)
{
	struct buf b = { 0 };
	bool is = postmaster() == pid &&
		span_is(pid_line(&b, STATUS_LINE), "ready");

	buf_free(&b);
	return is;
}

/* Asks the old server to end, then its processes, then makes them. */
static int end_all(const struct stat *data, struct err *e)
{
	int64_t start = clock_ms();
	pid_t pid = postmaster();
	unsigned n;

	if (signal_all(data, 0) == 0)
		return 0;
	log_warn("a database server of an earlier start is still there: it "
		"is ended");
	if (pid && works_there(pid, data))
		kill(pid, SIGINT);
	while ((n = signal_all(data, 0)) > 0) {
		int64_t waited = clock_ms() - start;

		if (waited > GIVE_UP_MS)
			return err_set(e, ERR_TEMPORARY, "%u processes of an "
				"earlier database server do not end", n);
		if (waited > FAST_MS)
			signal_all(data, waited > KILL_MS ? SIGKILL :
				SIGQUIT);
		clock_sleep_ms(POLL_MS);
	}
	return 0;
}

/*
 * With nobody there the pid file is a leftover; its pid may be another
 * process of ours by now, and then PostgreSQL would not start.
 */
static int remove_file(const char *path, struct err *e)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(e, ERR_PERMANENT, "%s", path);
	return 0;
}

int cluster_clear(struct err *e)
{
	struct stat data;

	if (stat(CLUSTER_DATA, &data) < 0)
		return err_errno(e, ERR_PERMANENT, CLUSTER_DATA);
	if (end_all(&data, e) < 0 || remove_file(CLUSTER_PID, e) < 0 ||
	    remove_file(SOCKET ".lock", e) < 0)
		return -1;
	return remove_file(SOCKET, e);
}
