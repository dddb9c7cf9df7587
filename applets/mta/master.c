#include "master.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/netaddr.h"
#include "config.h"
#include "role/life.h"

#define POSTFIX_MASTER "/usr/lib/postfix/sbin/master"

enum {
	ARENA_LIMIT = 8 << 20,
	POLL_MS = 50,
	READY_MS = 15000,
	STOP_MS = 8000,
	GROUP_MS = 2000,
	DATE_BACK_S = 5,
};

/*
 * One file, dated back: Postfix reads a file again and again until it is
 * older than two seconds, in case that somebody is still writing it.
 */
static int write_file(const char *path, struct span text, struct err *e)
{
	struct timespec when[2] = { { .tv_nsec = UTIME_OMIT } };

	if (io_replace_file(path, 0644, text, e) < 0)
		return -1;
	clock_gettime(CLOCK_REALTIME, &when[1]);
	when[1].tv_sec -= DATE_BACK_S;
	if (utimensat(AT_FDCWD, path, when, 0) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s", path);
	return 0;
}

/* The configuration as files; regenerated at every start. */
static int write_files(const struct config *c, struct err *e)
{
	struct buf b = { 0 };
	int bad;

	config_write(c, &b);
	bad = write_file(MTA_ETC "/main.cf", buf_bytes(&b), e) ||
		write_file(MTA_ETC "/master.cf", span_of(c->master), e) ||
		write_file(MTA_ETC "/recipients.regexp",
			span_of(c->recipients), e);
	buf_free(&b);
	return bad ? -1 : 0;
}

static int configure(const struct wiring *w, struct arena *a,
	const char **cwd_r, struct err *e)
{
	struct config c;
	const char *exe;

	if (config_paths(a, cwd_r, &exe, e) < 0 ||
	    config_make(w, *cwd_r, exe, a, &c, e) < 0 ||
	    before_reachable(*cwd_r, e) < 0 || before_reachable(exe, e) < 0)
		return -1;
	return write_files(&c, e);
}

/*
 * Postfix's master in a session of its own, because it signals its whole
 * process group; its log is our stderr.
 */
static pid_t start(struct arena *a, const char *cwd, struct err *e)
{
	char *argv[] = { "master", "-c",
		arena_printf(a, "%s/" MTA_ETC, cwd), "-s", NULL };
	char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
		arena_printf(a, "MAIL_CONFIG=%s/" MTA_ETC, cwd), NULL };
	sigset_t none;
	pid_t pid = fork();

	if (pid < 0)
		err_errno(e, ERR_TEMPORARY, "Postfix cannot be started");
	if (pid != 0)
		return pid;
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	umask(022);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execve(POSTFIX_MASTER, argv, env);
	_exit(127);
}

/*
 * Does the unfiltered listener greet? The other one would ask the filter,
 * which may wait for us.
 */
static bool greets(const char *where)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct timeval patience = { 1, 0 };
	struct netaddr addr;
	struct span host;
	uint16_t port;
	char reply[4] = { 0 };
	bool up;
	int fd;

	if (!netaddr_split_port(span_of(where), &host, &port) ||
	    !netaddr_parse(host, &addr) || addr.n != 4)
		return true;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	memcpy(&v4.sin_addr, addr.b, sizeof(v4.sin_addr));
	v4.sin_port = htons(port);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	up = connect(fd, (struct sockaddr *)&v4, sizeof(v4)) == 0 &&
		io_read_all(fd, reply, 3) == 3 && reply[0] == '2';
	if (up && io_write_all(fd, SPAN("QUIT\r\n")) < 0)
		up = false;
	close(fd);
	return up;
}

static bool ended(pid_t pid, int *status_r)
{
	return waitpid(pid, status_r, WNOHANG) == pid;
}

/*
 * Waits for the processes that the master's own end leaves behind: they are
 * our children then, because we are their subreaper.
 */
static void end_group(pid_t group)
{
	int64_t deadline = clock_ms() + GROUP_MS;
	bool killed = false;

	for (;;) {
		pid_t pid = waitpid(-group, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid == 0 && !killed && clock_left_ms(deadline) == 0) {
			kill(-group, SIGKILL);
			killed = true;
		}
		if (pid == 0)
			clock_sleep_ms(POLL_MS / 5);
	}
}

/* TERM, then KILL: nothing of it stays. */
static void stop(pid_t pid)
{
	int64_t deadline = clock_ms() + STOP_MS;
	int status;

	kill(pid, SIGTERM);
	while (!ended(pid, &status)) {
		if (clock_left_ms(deadline) == 0) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			break;
		}
		clock_sleep_ms(POLL_MS / 5);
	}
	end_group(pid);
}

/* HUP: the wiring may have changed. A bad one changes nothing. */
static void reload(pid_t pid)
{
	struct arena *a = arena_new("mta reload", ARENA_LIMIT);
	struct wiring w;
	const char *cwd;
	struct err e;

	if (wiring_load(a, &w, &e) < 0 || configure(&w, a, &cwd, &e) < 0) {
		log_error("reload: %s; Postfix goes on as it was", e.text);
		life_degraded(e.text);
	} else {
		kill(pid, SIGHUP);
		life_degraded(NULL);
	}
	arena_free(&a);
}

/* Watches Postfix until it is to end or does. */
static int watch(pid_t pid, int signals, const struct wiring *w)
{
	int64_t deadline = clock_ms() + READY_MS;
	struct pollfd p = { signals, POLLIN, 0 };
	bool ready = false;
	int status;
	char what;

	for (;;) {
		if (ended(pid, &status)) {
			end_group(pid);
			log_error("Postfix ended by itself (status %d)",
				status);
			return EXIT_LATER;
		}
		if (!ready && greets(w->mta.reinject)) {
			ready = true;
			life_ready();
		}
		if (!ready && clock_left_ms(deadline) == 0) {
			log_error("Postfix does not answer on %s",
				w->mta.reinject);
			stop(pid);
			return EXIT_LATER;
		}
		if (ready && log_rotate())
			kill(pid, SIGHUP);
		if (poll(&p, 1, ready ? 10 * POLL_MS : POLL_MS) <= 0)
			continue;
		if (read(signals, &what, 1) == 1 && what == 'H') {
			reload(pid);
		} else {
			stop(pid);
			return EXIT_DONE;
		}
	}
}

static int prepare(const struct wiring *w, struct arena *a,
	const char **cwd_r, struct err *e)
{
	if (before_installed(e) < 0 || before_folders(e) < 0 ||
	    before_alone(e) < 0 || configure(w, a, cwd_r, e) < 0 ||
	    before_stale(e) < 0)
		return -1;
	return before_ports(w, e);
}

int master_run(const struct process *p)
{
	struct arena *a = arena_new("mta", ARENA_LIMIT);
	struct wiring w;
	const char *cwd;
	struct err e;
	int signals, result;
	pid_t pid;

	(void)p;
	/* Not KILL, as other roles: Postfix has to be stopped. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	umask(022);
	signals = life_signals();
	if (wiring_load(a, &w, &e) < 0 || prepare(&w, a, &cwd, &e) < 0) {
		arena_free(&a);
		return err_report("mta", &e);
	}
	pid = start(a, cwd, &e);
	result = pid < 0 ? err_report("mta", &e) : watch(pid, signals, &w);
	arena_free(&a);
	return result;
}
