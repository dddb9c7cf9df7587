#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "lease.h"
#include "role/life.h"

enum { TICK_MS = 500, KILL_MS = 10000, SIGNALLED = 128, CANNOT = 127,
	ENV_MAX = 32 };

/* Its output on the way: the last bytes are kept. */
struct output {
	char text[2 * JOBLOG_OUTPUT_MAX];
	size_t n;
	bool echo;
};

/* The process at work. */
struct work {
	const struct run *run;
	struct lease *lease;
	pid_t pid;
	int fd;			/* what it says; -1: it has closed it */
	struct output out;
	int64_t until_ms;	/* then it is told to end */
	int64_t kill_ms;	/* then it is killed; 0: it was not told */
	bool late;
};

static volatile sig_atomic_t stopping;

static void on_stop(int signo)
{
	(void)signo;
	stopping = 1;
}

/* What a job finds in its environment: little, and known. */
static void make_environment(char *env[ENV_MAX])
{
	static const char *const passed[] = { "TZ=", "PM_TEST_",
		"ASAN_OPTIONS=", "UBSAN_OPTIONS=" };
	size_t n = 0;

	env[n++] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	env[n++] = "LC_ALL=C.UTF-8";
	for (char **v = environ; *v && n < ENV_MAX - 1; v++)
		for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++)
			if (span_starts(span_of(*v), span_of(passed[i]))) {
				env[n++] = *v;
				break;
			}
	env[n] = NULL;
}

/* In the child: its user, then pm once more. No shell is near. */
static _Noreturn void become(const struct job *j, int out, pid_t parent)
{
	const struct process who = { .name = j->name, .user = j->user };
	char *env[ENV_MAX], *argv[JOB_WORDS_MAX + 5] = { "pm",
		(char *)(uintptr_t)j->command[0], "--root", "." };
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	for (size_t i = 1; j->command[i]; i++)
		argv[i + 3] = (char *)(uintptr_t)j->command[i];
	make_environment(env);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(CANNOT);
	if (geteuid() == 0 && strcmp(j->user, "root") != 0)
		life_drop_power(&who);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(CANNOT);
	execve("/proc/self/exe", argv, env);
	_exit(CANNOT);
}

static int start(struct work *w, struct err *e)
{
	pid_t parent = getpid();
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) < 0 ||
	    fcntl(pipes[0], F_SETFL, O_NONBLOCK) < 0)
		return err_errno(e, ERR_TEMPORARY, "job %s",
			w->run->job->name);
	w->pid = fork();
	if (w->pid == 0)
		become(w->run->job, pipes[1], parent);
	close(pipes[1]);
	w->fd = pipes[0];
	if (w->pid < 0) {
		close(w->fd);
		return err_errno(e, ERR_TEMPORARY, "job %s",
			w->run->job->name);
	}
	w->until_ms = clock_ms() + (int64_t)w->run->job->timeout_s * 1000;
	return 0;
}

static void add_output(struct output *o, const char *p, size_t n)
{
	size_t room = sizeof(o->text) - o->n;

	if (o->echo)
		(void)!write(STDOUT_FILENO, p, n);
	if (n >= JOBLOG_OUTPUT_MAX) {
		memcpy(o->text, p + n - JOBLOG_OUTPUT_MAX, JOBLOG_OUTPUT_MAX);
		o->n = JOBLOG_OUTPUT_MAX;
		return;
	}
	if (n > room) {
		size_t keep = JOBLOG_OUTPUT_MAX - n;

		memmove(o->text, o->text + o->n - keep, keep);
		o->n = keep;
	}
	memcpy(o->text + o->n, p, n);
	o->n += n;
}

/* Reads what there is; closes at the end. */
static void hear(struct work *w)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(w->fd, bytes, sizeof(bytes))) > 0)
		add_output(&w->out, bytes, (size_t)n);
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(w->fd);
		w->fd = -1;
	}
}

/* Too late, or we are to end: it is told, and then killed. */
static void urge(struct work *w)
{
	int64_t now = clock_ms();

	if (w->kill_ms == 0 && (stopping || now >= w->until_ms)) {
		w->late = !stopping;
		w->kill_ms = now + KILL_MS;
		kill(-w->pid, SIGTERM);
	} else if (w->kill_ms && now >= w->kill_ms) {
		w->kill_ms = now + KILL_MS;
		kill(-w->pid, SIGKILL);
	}
}

/* Its code, when it has ended and all of its output was heard. */
static int await_end(struct work *w)
{
	struct pollfd p = { .events = POLLIN };
	int status;

	for (;;) {
		p.fd = w->fd;
		poll(&p, 1, w->fd >= 0 ? TICK_MS : TICK_MS / 50);
		if (w->fd >= 0)
			hear(w);
		urge(w);
		lease_renew(w->lease);
		if (waitpid(w->pid, &status, WNOHANG) == w->pid)
			break;
	}
	if (w->fd >= 0)
		hear(w);
	if (w->fd >= 0)
		close(w->fd);
	/* What it left behind holds its locks, perhaps. */
	kill(-w->pid, SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
		SIGNALLED + WTERMSIG(status);
}

/* Lines as a terminal may show them. */
static void show_output(const struct output *o,
	char out[JOBLOG_OUTPUT_MAX + 1])
{
	size_t from = o->n > JOBLOG_OUTPUT_MAX ? o->n - JOBLOG_OUTPUT_MAX : 0;
	size_t n = 0;

	for (size_t i = from; i < o->n; i++) {
		unsigned char c = (unsigned char)o->text[i];

		out[n++] = c == '\n' || (c >= ' ' && c <= '~') ? (char)c : '?';
	}
	while (n && out[n - 1] == '\n')
		n--;
	out[n] = 0;
}

/* --- what is written down ------------------------------------------------- */

static void note_start(struct joblog *l, void *context)
{
	const struct run *r = context;
	struct joblog_run *one = joblog_add(l);

	one->due_ms = r->due_ms;
	one->start_ms = clock_wall_ms();
	snprintf(one->by, sizeof(one->by), "%s", r->by);
	if (r->due_ms > l->last_ms)
		l->last_ms = r->due_ms;
}

struct ending {
	int code;
	char output[JOBLOG_OUTPUT_MAX + 1];
};

/* The run at hand is the last one: nobody else runs. */
static void note_end(struct joblog *l, void *context)
{
	const struct ending *end = context;
	struct joblog_run *one = l->n ? &l->v[l->n - 1] : NULL;

	if (one == NULL || one->end_ms)
		return;
	one->end_ms = clock_wall_ms();
	one->code = end->code;
	memcpy(one->output, end->output, sizeof(one->output));
}

static int write_end(const struct run *r, int code, const char *output)
{
	struct ending end = { .code = code };
	struct err e;

	snprintf(end.output, sizeof(end.output), "%s", output);
	if (joblog_change(r->job->name, note_end, &end, &e) < 0)
		log_warn("job %s: %s", r->job->name, e.text);
	return code;
}

static int work(const struct run *r, struct lease *lease, struct err *e)
{
	struct work w = { .run = r, .lease = lease,
		.out = { .echo = r->echo } };
	char output[JOBLOG_OUTPUT_MAX + 1];
	int code;

	if (joblog_change(r->job->name, note_start, (void *)(uintptr_t)r,
	    e) < 0 || start(&w, e) < 0)
		return -1;
	code = await_end(&w);
	if (w.late)
		add_output(&w.out, "\nit took too long and was ended", 31);
	show_output(&w.out, output);
	return write_end(r, code, output);
}

/* Another appliance has this moment: it is used up here, too. */
static int leave(const struct run *r, const char *who, struct err *e)
{
	if (joblog_change(r->job->name, note_start, (void *)(uintptr_t)r,
	    e) < 0)
		return -1;
	if (r->echo)
		printf("%s: %s\n", r->job->name, who);
	write_end(r, JOBLOG_ELSEWHERE, who);
	return EXIT_DONE;
}

int run_job(const struct run *r, struct err *e)
{
	struct sigaction sa = { .sa_handler = on_stop };
	struct lease *lease;
	int lock, code;

	if (joblog_make(e) < 0)
		return -1;
	lock = joblog_lock(r->job->name, e);
	if (lock < 0)
		return -1;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	lease = lease_take(r, e);
	if (lease) {
		code = work(r, lease, e);
		lease_end(&lease, code < 0 ? EXIT_LATER : code);
	} else {
		struct err who = *e;

		code = who.class == ERR_NONE ? leave(r, who.text, e) : -1;
	}
	close(lock);
	return code;
}
