#include "postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "cluster.h"
#include "program.h"
#include "remote.h"
#include "role/life.h"

#define EARLY "FATAL:  the database system is "

enum {
	ARENA_LIMIT = 8 << 20,
	POLL_MS = 50,
	DISK_MS = 2000,
	SLOW_START_MS = 3000,
	FAST_MS = 20000,	/* a shutdown with a checkpoint */
	QUIT_MS = 5000,
	LINE_SIZE = 2048,
	LOW_MB = 256,
	NEED_MB = 32,
	SPACE_MS = 60000,
};

struct server {
	const struct process *process;
	struct wiring wiring;
	bool remote;		/* it listens for other appliances */
	pid_t pid;
	int signals, log, end;	/* end: readable when it is gone */
	int64_t started, disk_seen;
	int64_t stop_at;	/* next step of stopping; 0: not stopping */
	bool ready, gone;
	int status;
	char line[LINE_SIZE];	/* of its log, so far */
	size_t n;
	char why[LINE_SIZE];	/* what it last said of its trouble */
	bool conf;		/* it was about its configuration */
};

/* The text behind "LEVEL:  ", where the line has it. */
static const char *behind(const char *line, const char *level)
{
	const char *at = strstr(line, level);

	return at ? at + span_of(level).n : NULL;
}

/*
 * Why the server cannot go on. A FATAL after the start is the end of one
 * connection only. Of a bad configuration it tells the file and the line
 * first, as LOG, and dies with a FATAL that says less.
 */
static void understand(struct server *s, const char *line)
{
	const char *fatal = behind(line, "PANIC:  ");
	const char *said = behind(line, "LOG:  ");

	if (fatal == NULL && !s->ready)
		fatal = behind(line, "FATAL:  ");
	if (fatal && !s->conf)
		snprintf(s->why, sizeof(s->why), "%s", fatal);
	if (said && !s->ready && !s->conf && strstr(said, " in file \"")) {
		snprintf(s->why, sizeof(s->why), "%s", said);
		s->conf = true;
	}
}

/* One line of the server's log: ours, and the supervisor's. */
static void take_line(struct server *s)
{
	s->line[s->n] = 0;
	s->n = 0;
	/* Each client that comes too early; `pm status` says it once. */
	if (strncmp(s->line, EARLY, sizeof(EARLY) - 1) == 0)
		return;
	if (strncmp(s->line, "LOG:  ", 6) == 0)
		log_info("%s", s->line + 6);
	else
		log_warn("%s", s->line);
	understand(s, s->line);
}

/* Takes what it has logged; false at the end. */
static bool take_log(struct server *s)
{
	char bytes[4096];
	ssize_t n = read(s->log, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			take_line(s);
		else if (s->n < sizeof(s->line) - 1)
			s->line[s->n++] = bytes[i];
	}
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static int start(struct server *s, const char *postgres, struct err *e)
{
	char *argv[] = { "postgres", "-D", CLUSTER_DATA, "-c",
		"log_line_prefix=", "-c", "log_error_verbosity=terse", NULL };
	int pipes[2], fds[3];

	if (pipe2(pipes, O_CLOEXEC) < 0 ||
	    fcntl(pipes[0], F_SETFL, O_NONBLOCK) < 0)
		return err_errno(e, ERR_TEMPORARY, "PostgreSQL cannot be "
			"started");
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[1] = fds[2] = pipes[1];
	s->started = clock_ms();
	s->pid = program_start(postgres, argv, fds, SIGINT, e);
	close(fds[0]);
	close(pipes[1]);
	s->log = pipes[0];
	if (s->pid < 0)
		return -1;
	s->end = pidfd_open(s->pid, 0);
	return 0;
}

/* Fast, then at once, then by force; each when the one before took too long. */
static void stop_on(struct server *s)
{
	int64_t now = clock_ms();

	if (s->stop_at == 0) {
		kill(s->pid, SIGINT);
		s->stop_at = now + FAST_MS;
	} else if (now > s->stop_at + QUIT_MS) {
		kill(s->pid, SIGKILL);
	} else if (now > s->stop_at) {
		kill(s->pid, SIGQUIT);
	}
}

static const struct wiring *remote_of(const struct server *s)
{
	return s->remote ? &s->wiring : NULL;
}

/* HUP: its files anew; a trouble leaves it as it was. */
static void reload(struct server *s)
{
	struct arena *a = arena_new("db reload", ARENA_LIMIT);
	const char *postgres;
	struct err e;

	if (cluster_configure(s->process, remote_of(s), a, &postgres, &e) < 0)
		log_error("reload: %s; the database goes on as it was",
			e.text);
	else
		kill(s->pid, SIGHUP);
	arena_free(&a);
}

static void hear_signals(struct server *s)
{
	char what;

	while (read(s->signals, &what, 1) == 1) {
		if (what == 'H')
			reload(s);
		else if (s->stop_at == 0)
			stop_on(s);
	}
}

static uint64_t free_mb(void)
{
	struct statvfs v;

	if (statvfs(CLUSTER_DATA, &v) < 0)
		return UINT64_MAX;
	return (uint64_t)v.f_bavail * v.f_frsize >> 20;
}

/* Says when the disk gets full, before PostgreSQL has to. */
static void look_at_disk(struct server *s)
{
	uint64_t mb = free_mb();
	char text[200];

	if (clock_ms() < s->disk_seen + DISK_MS)
		return;
	s->disk_seen = clock_ms();
	snprintf(text, sizeof(text), "the disk of " CLUSTER_FOLDER " has %llu "
		"MB left: when it is full, kept mail waits in the spool",
		(unsigned long long)mb);
	life_trouble(ALARM_DATABASE_DISK, mb < LOW_MB ? text : NULL);
}

static void look_at_start(struct server *s)
{
	if (cluster_accepts(s->pid)) {
		s->ready = true;
		life_degraded(NULL);
		life_ready();
	} else if (clock_ms() > s->started + SLOW_START_MS) {
		life_degraded("the database recovers what was written last: "
			"kept mail waits in the spool");
	}
}

static void watch(struct server *s)
{
	struct pollfd p[3] = {
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->log, .events = POLLIN },
		{ .fd = s->end, .events = POLLIN },
	};

	while (!s->gone) {
		poll(p, 3, s->ready && s->stop_at == 0 ? 20 * POLL_MS :
			POLL_MS);
		/* At its end there may still be others who hold the pipe. */
		if (!take_log(s))
			p[1].fd = -1;
		hear_signals(s);
		s->gone = waitpid(s->pid, &s->status, WNOHANG) == s->pid;
		if (s->gone)
			break;
		if (s->stop_at)
			stop_on(s);
		else if (!s->ready)
			look_at_start(s);
		else
			look_at_disk(s);
	}
	take_log(s);
}

/*
 * It needs two files of its log to start. Dying again and again would have
 * the supervisor wait longer than the disk is full.
 */
static void await_space(const struct server *s)
{
	struct pollfd p = { .fd = s->signals, .events = POLLIN };
	int64_t until = clock_ms() + SPACE_MS;
	char text[LINE_SIZE + 200];

	if (strstr(s->why, strerror(ENOSPC)) == NULL)
		return;
	snprintf(text, sizeof(text), "%s: make room in " CLUSTER_FOLDER
		"; kept mail waits in the spool", s->why);
	life_degraded(text);
	while (free_mb() < NEED_MB && clock_left_ms(until) > 0)
		if (poll(&p, 1, 10 * POLL_MS) > 0)
			break;
}

/* The supervisor shows our last line. */
static int tell_end(const struct server *s)
{
	if (s->stop_at)
		return EXIT_DONE;
	if (WIFSIGNALED(s->status))
		log_error("PostgreSQL was killed by signal %d",
			WTERMSIG(s->status));
	else if (s->why[0])
		log_error("PostgreSQL ended: %s", s->why);
	else
		log_error("PostgreSQL ended by itself (code %d)",
			WEXITSTATUS(s->status));
	await_space(s);
	return s->conf && !s->ready ? EXIT_USAGE : EXIT_LATER;
}

/* Everything up to the server's start, as its user. */
static int prepare(struct server *s, struct arena *a, const char **postgres_r,
	struct err *e)
{
	const struct passwd *pw = getpwnam(s->process->user);

	if (wiring_load(a, &s->wiring, e) < 0 ||
	    cluster_folders(s->process, e) < 0 || remote_prepare(&s->wiring,
		pw ? pw->pw_gid : getgid(), &s->remote, e) < 0)
		return -1;
	life_drop_power(s->process);
	/* Not KILL, as other roles: the server has to be stopped. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (cluster_alone(e) < 0 || cluster_make(a, e) < 0 ||
	    cluster_configure(s->process, remote_of(s), a, postgres_r,
		e) < 0)
		return -1;
	return cluster_clear(e);
}

int postgres_run(const struct process *p)
{
	struct arena *a = arena_new("db", ARENA_LIMIT);
	struct server s = { .process = p };
	const char *postgres;
	struct err e;
	int result;

	s.signals = life_signals();
	if (prepare(&s, a, &postgres, &e) < 0 || start(&s, postgres, &e) < 0)
		result = err_report("db", &e);
	else {
		watch(&s);
		result = tell_end(&s);
	}
	arena_free(&a);
	return result;
}
