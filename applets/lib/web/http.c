/*
 * The parent of the workers: starts them, hears when one is ready, starts
 * another when one ends. It takes no connection itself.
 */
#include "web/http.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/netaddr.h"
#include "web/http_worker.h"

enum {
	WORKERS_MAX = 16,
	BACKLOG = 512,
	END_MS = 3000,		/* then a worker is killed */
	QUICK_MS = 5000,	/* a life shorter than this is a failure */
	PAUSE_FIRST_MS = 100,
	PAUSE_MAX_MS = 5000,
	FAILURES_TOLD = 3,	/* in a row, before it is told */
};

struct child {
	pid_t pid;		/* 0: none */
	int pipe;		/* 'r' when it serves; closed when it ends */
	int64_t began_ms;
	int64_t start_ms;	/* when to start the next one */
};

struct parent {
	const struct web_config *config;
	struct tls_server *tls;
	int listener, signals;
	void (*ready)(void);
	void (*degraded)(const char *text);
	struct child children[WORKERS_MAX];
	unsigned n, failures;
	bool was_ready, stop;
};

static int bind_address(const struct addrinfo *a, struct err *e)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
		SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		return err_errno(e, ERR_TEMPORARY, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	err_errno(e, ERR_TEMPORARY, "the pages' port");
	close(fd);
	return -1;
}

int web_bind(const char *listen, struct err *e)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
		AI_PASSIVE, .ai_socktype = SOCK_STREAM }, *found;
	char name[64], number[8];
	struct span host;
	uint16_t port;
	struct err why;
	int fd;

	if (!netaddr_split_port(span_of(listen), &host, &port) ||
	    host.n >= sizeof(name))
		return err_set(e, ERR_PERMANENT, "\"%s\" is not "
			"ADDRESS:PORT", listen);
	snprintf(name, sizeof(name), "%.*s", SPAN_FMT(host));
	snprintf(number, sizeof(number), "%u", port);
	if (getaddrinfo(name, number, &hints, &found) != 0)
		return err_set(e, ERR_PERMANENT, "\"%s\" is not "
			"ADDRESS:PORT", listen);
	fd = bind_address(found, &why);
	freeaddrinfo(found);
	return fd < 0 ? err_set(e, why.class, "%s: %s", listen, why.text) : fd;
}

/* In the new process. */
_Noreturn static void become_worker(struct parent *p, int tell)
{
	/* The handlers it was born with write to the parent's pipe. */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < p->n; i++)
		if (p->children[i].pid)
			close(p->children[i].pipe);
	_exit(http_worker_run(p->config, p->tls, p->listener, tell));
}

static void start(struct parent *p, struct child *c)
{
	int pipe[2];
	pid_t pid;

	c->start_ms = clock_ms() + PAUSE_MAX_MS;
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		close(pipe[0]);
		become_worker(p, pipe[1]);
	}
	close(pipe[1]);
	if (pid < 0) {
		close(pipe[0]);
		return;
	}
	c->pid = pid;
	c->pipe = pipe[0];
	c->began_ms = clock_ms();
}

/* How it ended, for the log. */
static void tell_end(pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_error("web: worker %d was killed by signal %d; another "
			"is started", (int)pid, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		log_error("web: worker %d ended with %d; another is started",
			(int)pid, WEXITSTATUS(status));
}

/* A worker has ended: when does the next one start? */
static void bury(struct parent *p, struct child *c)
{
	int64_t now = clock_ms(), pause = 0;
	int status = 0;

	close(c->pipe);
	waitpid(c->pid, &status, 0);
	if (!p->stop)
		tell_end(c->pid, status);
	if (status == 0) {
		p->failures = 0;
	} else if (now - c->began_ms < QUICK_MS) {
		p->failures++;
		pause = PAUSE_FIRST_MS << (p->failures < 6 ? p->failures : 6);
	}
	if (p->failures == FAILURES_TOLD)
		p->degraded("the pages' workers end again and again; mail "
			"flows on, the log says why");
	c->pid = 0;
	c->start_ms = now + (pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
}

static void heard(struct parent *p, struct child *c)
{
	char byte;
	ssize_t n = read(c->pipe, &byte, 1);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		bury(p, c);
		return;
	}
	if (!p->was_ready)
		p->ready();
	else if (p->failures >= FAILURES_TOLD)
		p->degraded(NULL);
	p->was_ready = true;
}

/* Starts who is due; how long until the next one, -1: nobody waits. */
static int start_due(struct parent *p)
{
	int64_t now = clock_ms(), soonest = INT64_MAX;

	for (unsigned i = 0; i < p->n; i++) {
		struct child *c = &p->children[i];

		if (c->pid == 0 && c->start_ms <= now)
			start(p, c);
		if (c->pid == 0 && c->start_ms < soonest)
			soonest = c->start_ms;
	}
	return soonest == INT64_MAX ? -1 : (int)clock_left_ms(soonest);
}

static void hear_signal(struct parent *p)
{
	char c;

	if (read(p->signals, &c, 1) == 1)
		p->stop |= c == 'T';
}

static void wait_once(struct parent *p, int timeout)
{
	struct pollfd fds[WORKERS_MAX + 1];

	for (unsigned i = 0; i < p->n; i++)
		fds[i] = (struct pollfd){ .events = POLLIN,
			.fd = p->children[i].pid ? p->children[i].pipe : -1 };
	fds[p->n] = (struct pollfd){ .fd = p->signals, .events = POLLIN };
	if (poll(fds, p->n + 1, timeout) <= 0)
		return;
	for (unsigned i = 0; i < p->n; i++)
		if (fds[i].revents)
			heard(p, &p->children[i]);
	if (fds[p->n].revents)
		hear_signal(p);
}

static unsigned signal_all(const struct parent *p, int sig)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->n; i++) {
		if (p->children[i].pid == 0)
			continue;
		kill(p->children[i].pid, sig);
		n++;
	}
	return n;
}

/* TERM, then what is left of END_MS, then KILL. */
static void end_all(struct parent *p)
{
	int64_t deadline = clock_ms() + END_MS - 300;
	unsigned left = signal_all(p, SIGTERM);

	p->signals = -1;
	while (left && clock_left_ms(deadline) > 0) {
		wait_once(p, (int)clock_left_ms(deadline));
		left = signal_all(p, 0);
	}
	if (signal_all(p, SIGKILL) == 0)
		return;
	log_warn("web: a worker did not end in time and was killed");
	for (unsigned i = 0; i < p->n; i++)
		if (p->children[i].pid)
			bury(p, &p->children[i]);
}

int web_serve(const struct web_config *c, int listener, int signals,
	void (*ready)(void), void (*degraded)(const char *text))
{
	struct parent p = { .config = c, .listener = listener,
		.signals = signals, .ready = ready, .degraded = degraded,
		.n = c->workers < 1 ? 1 : c->workers < WORKERS_MAX ?
			c->workers : WORKERS_MAX };
	struct err e;

	p.tls = tls_server_new(c->cert, c->key, &e);
	if (p.tls == NULL) {
		log_error("web: %s", e.text);
		return e.class == ERR_TEMPORARY ? EXIT_LATER : EXIT_USAGE;
	}
	while (!p.stop)
		wait_once(&p, start_due(&p));
	end_all(&p);
	tls_server_free(&p.tls);
	return EXIT_DONE;
}
