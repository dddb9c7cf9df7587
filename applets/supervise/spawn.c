#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/root.h"

enum {
	STATUS_CHILD_FD = 3,	/* PM_STATUS_FD in supervise.c's environment */
	LIVES_MAX = CHILDREN_MAX * 48,
	PREDECESSOR_MS = 5000,
};

#define LIVES_PATH ROOT_RUN "/supervise.lives"

/* In the child: descriptors 0 to 3, nothing else of ours, then pm again. */
static _Noreturn void become(const struct super *s, const struct child *c,
	int log_fd, int status_fd, pid_t supervisor)
{
	char *argv[] = { "pm", (char *)(uintptr_t)c->applet->name,
		(char *)(uintptr_t)c->process->name, "--root", ".", NULL };
	sigset_t none;

	setsid();
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(log_fd, STDOUT_FILENO) < 0 ||
	    dup2(log_fd, STDERR_FILENO) < 0 ||
	    (status_fd == STATUS_CHILD_FD ? io_keep_open(status_fd) :
	     dup2(status_fd, STATUS_CHILD_FD)) < 0)
		_exit(EXIT_LATER);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != supervisor)
		_exit(EXIT_LATER);
	execve("/proc/self/exe", argv, s->env);
	dprintf(STDERR_FILENO, "error: cannot execute pm: %s\n",
		strerror(errno));
	_exit(EXIT_LATER);
}

/* A pipe whose reading end never blocks us. */
static int open_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	return fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

/* What the parent keeps of a fork that worked. */
static void adopt(struct child *c, pid_t pid, struct source *from, int log_fd,
	int status_fd)
{
	c->pid = pid;
	c->status_fd = status_fd;
	c->status.n = 0;
	c->last[0] = 0;
	from->fd = log_fd;
	from->child = c;
	from->lines.n = 0;
	snprintf(from->label, sizeof(from->label), "%s/%s[%d]",
		c->applet->name, c->process->name, pid);
}

/* Closes what is open of four descriptors. */
static void close_pipes(const int log_fds[2], const int status_fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (log_fds[i] >= 0)
			close(log_fds[i]);
		if (status_fds[i] >= 0)
			close(status_fds[i]);
	}
}

int spawn_start(struct super *s, struct child *c)
{
	int log_fds[2] = { -1, -1 }, status_fds[2] = { -1, -1 };
	struct source *from = sources_free(s);
	pid_t pid, self = getpid();

	if (from == NULL) {
		super_say(s, "error: %s/%s: too many open logs",
			c->applet->name, c->process->name);
		return -1;
	}
	if (open_pipe(log_fds) < 0 || open_pipe(status_fds) < 0 ||
	    (pid = fork()) < 0) {
		super_say(s, "error: %s/%s: cannot start: %s",
			c->applet->name, c->process->name, strerror(errno));
		close_pipes(log_fds, status_fds);
		return -1;
	}
	if (pid == 0)
		become(s, c, log_fds[1], status_fds[1], self);
	close(log_fds[1]);
	close(status_fds[1]);
	adopt(c, pid, from, log_fds[0], status_fds[0]);
	spawn_note_lives(s);
	return 0;
}

void spawn_signal(const struct child *c, int signal)
{
	if (c->pid == 0)
		return;
	/* Its own group exists only once the child ran setsid(). */
	if (signal == SIGKILL)
		kill(-c->pid, SIGKILL);
	kill(c->pid, signal);
}

/* Is pid one that we started ourselves, or in the session of such a one? */
static bool is_known(const struct super *s, pid_t pid)
{
	pid_t session = getsid(pid);

	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		const struct child *c = &s->children[i];

		if (c->pid && (c->pid == pid || c->pid == session))
			return true;
	}
	return pid == s->reader.pid;
}

/*
 * We are the sub-reaper: whatever a role's process leaves behind becomes our
 * child, also when it made a session of its own. Background work in the
 * session of a living process stays.
 */
void spawn_sweep(const struct super *s, pid_t group)
{
	static char text[8192];
	struct span rest = { (unsigned char *)text, 0 }, word;
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	ssize_t n;
	uint64_t pid;

	if (group)
		kill(-group, SIGKILL);
	if (fd < 0)
		return;
	n = io_read_all(fd, text, sizeof(text));
	close(fd);
	rest.n = n > 0 ? (size_t)n : 0;
	while (span_cut(&rest, ' ', &word))
		if (span_u64(word, INT32_MAX, &pid) &&
		    !is_known(s, (pid_t)pid))
			kill((pid_t)pid, SIGKILL);
}

/*
 * When a process was started, in the kernel's ticks: with the pid it names
 * one life (proc(5), stat, field 22). 0: it is gone.
 */
static uint64_t start_time(pid_t pid)
{
	char path[64], text[1024];
	struct span rest, word = { NULL, 0 };
	uint64_t ticks;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = io_read_all(fd, text, sizeof(text));
	close(fd);
	rest = span_from(text, n > 0 ? (size_t)n : 0);
	rest = span_after(rest, span_rchr(rest, ')'));
	rest = span_after(rest, 2);
	if (span_starts(rest, SPAN("Z")))
		return 0;
	for (int field = 3; field <= 22; field++)
		if (!span_cut(&rest, ' ', &word))
			return 0;
	return span_u64(word, UINT64_MAX, &ticks) ? ticks : 0;
}

void spawn_note_lives(const struct super *s)
{
	static char text[LIVES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		pid_t pid = s->children[i].pid;

		if (pid)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
				"%d %llu\n", pid,
				(unsigned long long)start_time(pid));
	}
	if (s->lives_fd >= 0 && pwrite(s->lives_fd, text, n, 0) == (ssize_t)n &&
	    ftruncate(s->lives_fd, (off_t)n) < 0)
		return;
}

/* Kills the lives in the list; true while one is still there. */
static bool kill_lives(struct span rest)
{
	struct span line, pid_word;
	uint64_t pid, ticks;
	bool any = false;

	while (span_line(&rest, &line)) {
		if (!span_cut(&line, ' ', &pid_word) ||
		    !span_u64(pid_word, INT32_MAX, &pid) || pid < 2 ||
		    !span_u64(line, UINT64_MAX, &ticks) || ticks == 0 ||
		    start_time((pid_t)pid) != ticks)
			continue;
		kill(-(pid_t)pid, SIGKILL);
		kill((pid_t)pid, SIGKILL);
		any = true;
	}
	return any;
}

int spawn_end_predecessor(struct super *s, struct err *e)
{
	static char text[LIVES_MAX];
	int64_t deadline = clock_ms() + PREDECESSOR_MS;
	struct stat st;
	ssize_t n;

	s->lives_fd = open(LIVES_PATH, O_RDWR | O_CREAT | O_CLOEXEC |
		O_NOFOLLOW, 0600);
	if (s->lives_fd < 0 || fstat(s->lives_fd, &st) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s", LIVES_PATH);
	/* The folder is writable for role users: trust only our own file. */
	if (st.st_uid != geteuid())
		return err_set(e, ERR_PERMANENT, "%s belongs to uid %u: "
			"remove it", LIVES_PATH, st.st_uid);
	n = io_read_all(s->lives_fd, text, sizeof(text));
	while (n > 0 && kill_lives(span_from(text, (size_t)n))) {
		if (clock_ms() > deadline)
			return err_set(e, ERR_TEMPORARY, "processes of an "
				"earlier pm supervise do not end: see %s",
				LIVES_PATH);
		clock_sleep_ms(10);
	}
	spawn_note_lives(s);
	return 0;
}
