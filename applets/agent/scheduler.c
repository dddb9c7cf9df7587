/*
 * agent/scheduler: starts `pm job run NAME` at its time. All that a run needs
 * (its lock, the site's, its user, what is written down) is there; here is
 * only the clock.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "conf/joblog.h"
#include "role/life.h"
#include "role/listen.h"

enum {
	LOOK_MS = 1000,		/* the wall clock may be set at any time */
	AGAIN_MS = 60000,	/* a run that could not be started */
	STOP_MS = 12000,
	ARENA_LIMIT = 32 << 20,
	REQUEST_MAX = 200,
	REQUEST_MS = 2000,
};

/* What runs, or could not. */
struct slot {
	char name[JOB_NAME_MAX + 1];
	pid_t pid;		/* 0: nothing */
	int64_t not_before_ms;	/* clock_ms */
	uint64_t stamp;		/* of its log, when next_ms was found */
	int64_t next_ms;	/* wall; 0: never */
};

static struct {
	struct arena *a;
	struct jobs jobs;
	struct stat seen;	/* of JOBS_FILE, as it was read */
	struct slot slots[JOBS_MAX];
	int signals, listener;
	bool stop, fresh;	/* fresh: a log has changed */
	char trouble[ERR_TEXT_MAX];
} self;

static struct slot *slot_of(const char *name)
{
	struct slot *spare = NULL;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct slot *s = &self.slots[i];

		if (strcmp(s->name, name) == 0)
			return s;
		if (spare == NULL && s->pid == 0 && clock_ms() >=
		    s->not_before_ms)
			spare = s;
	}
	if (spare)
		snprintf(spare->name, sizeof(spare->name), "%s", name);
	return spare;
}

/* In the child: pm once more. */
static _Noreturn void become(const char *name, const char *due,
	const char *by, pid_t parent)
{
	char *argv[] = { "pm", "job", "--root", ".", "run",
		(char *)(uintptr_t)name, "--due", (char *)(uintptr_t)due,
		"--by", (char *)(uintptr_t)by, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(EXIT_LATER);
	execve("/proc/self/exe", argv, environ);
	_exit(EXIT_LATER);
}

static int launch(const char *name, int64_t due_ms, const char *by,
	struct err *e)
{
	struct slot *s = slot_of(name);
	pid_t parent = getpid();
	char due[24];

	if (s == NULL || s->pid)
		return err_set(e, ERR_TEMPORARY, "%s is running already",
			name);
	snprintf(due, sizeof(due), "%lld", (long long)due_ms);
	s->pid = fork();
	if (s->pid == 0)
		become(name, due, by, parent);
	if (s->pid > 0) {
		log_info("job %s: started (%s)", name, by);
		return 0;
	}
	s->pid = 0;
	s->not_before_ms = clock_ms() + AGAIN_MS;
	return err_errno(e, ERR_TEMPORARY, "job %s", name);
}

/* A job that is seen for the first time is not due for what was before. */
static void begin(struct joblog *l, void *context)
{
	(void)context;
	if (l->last_ms == 0)
		l->last_ms = clock_wall_ms();
}

/* Its log, and when it is due by it: looked at when it has changed. */
static int find_next(struct slot *s, const struct job *j, struct joblog *l,
	struct err *e)
{
	uint64_t stamp = joblog_stamp(j->name);

	if (stamp && stamp == s->stamp && (s->next_ms == 0 ||
	    s->next_ms > clock_wall_ms()))
		return 0;
	if (joblog_read(j->name, l, e) < 0 || (l->last_ms == 0 &&
	    joblog_change(j->name, begin, NULL, e) < 0))
		return -1;
	self.fresh |= s->stamp != stamp;
	s->stamp = stamp;
	s->next_ms = joblog_next_ms(j, l);
	return 0;
}

static void start_if_due(const struct job *j)
{
	static struct joblog l;
	struct slot *s = slot_of(j->name);
	int64_t now = clock_wall_ms(), next;
	struct err e;

	if (s == NULL || s->pid || clock_ms() < s->not_before_ms)
		return;
	if (find_next(s, j, &l, &e) < 0) {
		log_warn("%s", e.text);
		s->not_before_ms = clock_ms() + AGAIN_MS;
		return;
	}
	if (s->next_ms == 0 || s->next_ms > now)
		return;
	/* However many were missed: one, for the last of them. */
	for (next = s->next_ms; next && next <= now;
	     next = joblog_next_ms(j, &l))
		l.last_ms = next;
	if (launch(j->name, l.last_ms, "schedule", &e) < 0)
		log_warn("%s", e.text);
}

/* --- what failed ---------------------------------------------------------- */

/* "backup: code 2; digest: …": the last run of each that is to be told. */
static void tell_failures(void)
{
	char text[ALARM_TEXT_MAX] = "";
	static struct joblog l;
	size_t used = 0;
	struct err e;

	for (size_t i = 0; i < self.jobs.n && used < sizeof(text) - 1; i++) {
		const struct job *j = &self.jobs.v[i];
		const struct joblog_run *r;

		if (!j->notify || joblog_read(j->name, &l, &e) < 0 ||
		    l.n == 0 || !joblog_enabled(j, &l))
			continue;
		r = &l.v[l.n - 1];
		if (r->end_ms && r->code != 0 && r->code != JOBLOG_ELSEWHERE)
			used += (size_t)snprintf(text + used, sizeof(text) -
				used, "%sjob %s failed with code %d", used ?
				"; " : "", j->name, r->code);
	}
	life_alarm(ALARM_SCHEDULED, text);
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < JOBS_MAX; i++) {
			struct slot *s = &self.slots[i];

			if (s->pid != pid)
				continue;
			s->pid = 0;
			/* 3 and no run: it was not its turn. */
			s->not_before_ms = WIFEXITED(status) &&
				WEXITSTATUS(status) == EXIT_LATER ?
				clock_ms() + AGAIN_MS : 0;
			log_info("job %s: ended, %s %d", s->name,
				WIFEXITED(status) ? "code" : "signal",
				WIFEXITED(status) ? WEXITSTATUS(status) :
				WTERMSIG(status));
		}
		tell_failures();
	}
}

/* --- reading the jobs ---------------------------------------------------- */

/* Bad ones leave the old ones in force. */
static void load(void)
{
	struct arena *a = arena_new("scheduler", ARENA_LIMIT);
	static struct jobs fresh;
	struct err e;

	if (stat(JOBS_FILE, &self.seen) < 0)
		self.seen = (struct stat){ 0 };
	if (jobs_load(a, &fresh, &e) < 0) {
		if (strcmp(self.trouble, e.text) != 0)
			log_error("%s", e.text);
		snprintf(self.trouble, sizeof(self.trouble), "%s", e.text);
		life_degraded(e.text);
		arena_free(&a);
		return;
	}
	self.trouble[0] = 0;
	life_degraded(NULL);
	arena_free(&self.a);
	self.a = a;
	self.jobs = fresh;
	for (size_t i = 0; i < JOBS_MAX; i++)
		self.slots[i].stamp = 0;
	tell_failures();
}

static bool is_changed(void)
{
	struct stat now;

	if (stat(JOBS_FILE, &now) < 0)
		now = (struct stat){ 0 };
	return now.st_ino != self.seen.st_ino ||
		now.st_mtim.tv_sec != self.seen.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != self.seen.st_mtim.tv_nsec ||
		now.st_size != self.seen.st_size;
}

/* --- orders -------------------------------------------------------------- */

static int carry_out(struct span request, struct err *e)
{
	struct span verb, name;
	const struct job *j;
	char by[JOBLOG_BY_MAX];

	span_cut(&request, ' ', &verb);
	span_cut(&request, ' ', &name);
	j = jobs_find(&self.jobs, name, e);
	if (j == NULL)
		return -1;
	snprintf(by, sizeof(by), "%.*s", SPAN_FMT(request));
	if (span_is(verb, "run"))
		return launch(j->name, clock_wall_ms(), by, e);
	if (span_is(verb, "enable") || span_is(verb, "disable")) {
		log_info("job %s: %.*sd by %s", j->name, SPAN_FMT(verb), by);
		return joblog_switch(j->name, span_is(verb, "enable"), e);
	}
	return err_set(e, ERR_PERMANENT, "run, enable or disable");
}

/* One request of one client; he is not waited for. */
static void serve_client(void)
{
	int fd = accept4(self.listener, NULL, NULL, SOCK_CLOEXEC);
	const struct timeval patience = { .tv_sec = REQUEST_MS / 1000 };
	char request[REQUEST_MAX], answer[ERR_TEXT_MAX + 8] = "ok";
	struct err e;
	ssize_t n;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	n = recv(fd, request, sizeof(request), 0);
	for (ssize_t i = 0; i < n; i++)
		if (request[i] < ' ' || request[i] > '~')
			n = 0;
	if (n <= 0)
		snprintf(answer, sizeof(answer), "no such request");
	else if (carry_out(span_from(request, (size_t)n), &e) < 0)
		snprintf(answer, sizeof(answer), "no %s", e.text);
	send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* --- the life ------------------------------------------------------------ */

static void hear_signals(void)
{
	char c;

	while (read(self.signals, &c, 1) == 1) {
		self.stop |= c == 'T';
		if (c == 'H') {
			load();
			life_reloaded();
		}
	}
}

/* What runs is told to end, and writes that down. */
static void stop_all(void)
{
	int64_t until = clock_ms() + STOP_MS;
	bool any = true;

	for (size_t i = 0; i < JOBS_MAX; i++)
		if (self.slots[i].pid)
			kill(self.slots[i].pid, SIGTERM);
	while (any && clock_left_ms(until)) {
		reap();
		any = false;
		for (size_t i = 0; i < JOBS_MAX; i++)
			any |= self.slots[i].pid != 0;
		if (any)
			clock_sleep_ms(LOOK_MS / 50);
	}
}

static void serve(void)
{
	struct pollfd p[] = {
		{ .fd = self.signals, .events = POLLIN },
		{ .fd = self.listener, .events = POLLIN },
	};

	while (!self.stop) {
		poll(p, 2, LOOK_MS);
		hear_signals();
		if (p[1].revents && !self.stop)
			serve_client();
		reap();
		if (is_changed())
			load();
		for (size_t i = 0; i < self.jobs.n && !self.stop; i++)
			start_if_due(&self.jobs.v[i]);
		if (self.fresh)
			tell_failures();
		self.fresh = false;
	}
	stop_all();
}

int scheduler_run(const struct process *p)
{
	struct err e;

	(void)p;
	if (joblog_make(&e) < 0)
		return err_report("agent", &e);
	self.a = arena_new("scheduler", 1 << 20);
	self.listener = listen_for(AGENT_JOBS_SOCKET, AGENT_JOBS_GROUP, &e);
	if (self.listener < 0)
		return err_report("agent", &e);
	self.signals = life_signals();
	load();
	life_ready();
	serve();
	arena_free(&self.a);
	return EXIT_DONE;
}
