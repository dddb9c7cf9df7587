#include "role/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

#define PATH_ENV "PATH=/usr/sbin:/usr/bin:/sbin:/bin"

enum { ENV_MAX = 16, PART = 1 << 16 };

/* In the child: descriptors, signals, then the program. */
static _Noreturn void become(const char *path, char *argv[],
	const int fds[3], int death, pid_t parent,
	const struct sandbox_path *paths)
{
	struct err e;
	char *env[] = { PATH_ENV, "LC_ALL=C", "HOME=/nonexistent", NULL };
	sigset_t none;

	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0 && dup2(fds[i], i) < 0)
			_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, death);
	if (getppid() != parent || (paths && sandbox_paths(paths, &e) < 0))
		_exit(127);
	/* They look for each other where they were called from. */
	argv[0] = (char *)(uintptr_t)path;
	execve(path, argv, env);
	_exit(127);
}

static pid_t start(const char *path, char *argv[], const int fds[3],
	int death, const struct sandbox_path *paths, struct err *e)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		err_errno(e, ERR_TEMPORARY, "%s cannot be started", path);
	if (pid == 0)
		become(path, argv, fds, death, parent, paths);
	return pid;
}

pid_t program_start(const char *path, char *argv[], const int fds[3],
	int death, struct err *e)
{
	return start(path, argv, fds, death, NULL, e);
}

/* How it ended; only 0 is good. */
static int wait_for(pid_t pid, const char *path, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(e, ERR_TEMPORARY, "%s was killed by signal %d",
			path, WTERMSIG(status));
	return err_set(e, ERR_TEMPORARY, "%s failed with code %d; what it "
		"said stands before this", path, WEXITSTATUS(status));
}

/* What it prints is of no use; what it complains of is our stderr. */
int program_run(const char *path, char *argv[], struct span input,
	struct err *e)
{
	int in[2], nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fds[3] = { -1, nowhere, -1 };
	pid_t pid;

	if (nowhere < 0 || pipe2(in, O_CLOEXEC) < 0) {
		if (nowhere >= 0)
			close(nowhere);
		return err_errno(e, ERR_TEMPORARY, "%s cannot be started",
			path);
	}
	fds[0] = in[0];
	pid = program_start(path, argv, fds, SIGKILL, e);
	close(in[0]);
	close(nowhere);
	/* One that does not listen says so by its exit code. */
	if (pid > 0 && io_write_all(in[1], input) < 0)
		err_errno(e, ERR_TEMPORARY, "%s", path);
	close(in[1]);
	return pid < 0 ? -1 : wait_for(pid, path, e);
}

/* What it says until it ends; -1: too much, or too late. */
static int collect(int fd, const char *path, size_t most, int64_t deadline_ms,
	struct buf *out, struct err *e)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int ready = poll(&p, 1, (int)clock_left_ms(deadline_ms));
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return err_set(e, ERR_TEMPORARY, "%s took too long",
				path);
		n = read(fd, buf_room(out, PART), PART);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, ERR_TEMPORARY, "%s", path);
		out->n += (size_t)n;
		if (n == 0)
			return 0;
		if (out->n > most)
			return err_set(e, ERR_TEMPORARY, "%s says more than "
				"%zu bytes", path, most);
	}
}

/* In memory, as nobody reads while it is written. */
static int input_of(struct span input, struct err *e)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd >= 0 && io_write_all(fd, input) == 0 &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_errno(e, ERR_TEMPORARY, "no memory for a file");
}

int program_filter(const char *path, char *argv[],
	const struct sandbox_path *paths, struct span input, size_t most,
	unsigned ms, struct buf *out, struct err *e)
{
	int said[2], in = input_of(input, e), result;
	int fds[3] = { in, -1, -1 };
	pid_t pid;

	if (in < 0)
		return -1;
	if (pipe2(said, O_CLOEXEC) < 0) {
		close(in);
		return err_errno(e, ERR_TEMPORARY, "%s cannot be started",
			path);
	}
	fds[1] = said[1];
	pid = start(path, argv, fds, SIGKILL, paths, e);
	close(in);
	close(said[1]);
	result = pid < 0 ? -1 : collect(said[0], path, most,
		clock_ms() + ms, out, e);
	close(said[0]);
	if (pid > 0 && result < 0) {
		struct err late;

		kill(pid, SIGKILL);
		wait_for(pid, path, &late);
	}
	return result < 0 ? -1 : wait_for(pid, path, e);
}

int program_become(const char *path, char *argv[], struct err *e)
{
	static const char *const kept[] = { "TERM", "HOME", "LANG", "LC_ALL",
		"PAGER", "EDITOR", "COLUMNS", "LINES", "TZ" };
	char *env[ENV_MAX] = { PATH_ENV };
	char text[ENV_MAX][256];
	size_t n = 1;

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		const char *value = getenv(kept[i]);

		if (value == NULL || span_of(value).n > 200)
			continue;
		snprintf(text[i], sizeof(text[i]), "%s=%s", kept[i], value);
		env[n++] = text[i];
	}
	argv[0] = (char *)(uintptr_t)path;
	execve(path, argv, env);
	return err_errno(e, ERR_TEMPORARY, "%s cannot be started", path);
}
