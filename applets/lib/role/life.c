#include "role/life.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/args.h"
#include "base/io.h"
#include "base/log.h"
#include "base/root.h"
#include "conf/wiring.h"

enum { GROUPS_MAX = 16, STATUS_MAX = 1024 };

static int status_fd = -1;
static pthread_mutex_t status_lock = PTHREAD_MUTEX_INITIALIZER;
static int signal_pipe[2] = { -1, -1 };

/* The process record `name` of an applet; NULL. */
static const struct process *find_process(const struct applet *a,
	const char *name)
{
	const struct process *p = a->role ? a->role->processes : NULL;

	for (; p && p->name; p++)
		if (span_is(span_of(name), p->name))
			return p;
	return NULL;
}

/* A failing step must never leave a process that goes on with its power. */
static void must(bool done, const char *step)
{
	if (!done)
		log_fatal("%s: %s; the process ends, it must not run with "
			"more rights than it needs", step, strerror(errno));
}

/*
 * The kernel forgets the death signal whenever the credentials change, so
 * this is done again after setuid. A supervisor that was gone before the
 * call shows by the closed other end of the status descriptor.
 */
static void die_with_supervisor(void)
{
	struct pollfd p = { .fd = status_fd };

	if (status_fd < 0)
		return;
	must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "death signal");
	if (poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP)))
		log_fatal("the supervisor is gone");
}

/* Takes the status descriptor out of the environment. */
static int take_status_fd(const char *applet)
{
	const char *text = getenv("PM_STATUS_FD");
	uint64_t fd;

	if (text == NULL)
		return 0;
	if (!span_u64(span_of(text), 1 << 20, &fd) ||
	    fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0) {
		fprintf(stderr, "pm %s: PM_STATUS_FD is not an open "
			"descriptor\n", applet);
		return -1;
	}
	status_fd = (int)fd;
	unsetenv("PM_STATUS_FD");
	return 0;
}

/* "front zygote broker", for a message. */
static void list_processes(const struct applet *a, struct buf *b)
{
	const struct process *p = a->role ? a->role->processes : NULL;

	for (; p && p->name; p++)
		buf_printf(b, "%s%s", b->n ? " " : "", p->name);
}

static int wrong_process(const struct applet *a, const struct args *args)
{
	struct buf names = { 0 };

	list_processes(a, &names);
	if (args->n == 0)
		fprintf(stderr, "pm %s: which process? one of: %s (normally "
			"`pm supervise` starts them)\n", a->name,
			buf_c(&names));
	else
		fprintf(stderr, "pm %s: no process \"%s\"; one of: %s\n",
			a->name, args->rest[args->n > 1 ? 1 : 0],
			buf_c(&names));
	buf_free(&names);
	return EXIT_USAGE;
}

/* Does this appliance have the role at all? 0, or an exit code. */
static int check_role(const struct applet *a)
{
	struct arena *arena = arena_new("wiring", 16 << 20);
	struct wiring w;
	struct err e;
	int result = 0;

	if (wiring_load(arena, &w, &e) < 0) {
		result = err_report(a->name, &e);
	} else if (!a->role->everywhere && !wiring_has_role(&w, a->name)) {
		fprintf(stderr, "pm %s: this appliance has no role \"%s\" "
			"(%s: roles); add it with pm setup\n", a->name,
			a->name, ROOT_WIRING);
		result = EXIT_USAGE;
	}
	arena_free(&arena);
	return result;
}

int life_begin(const struct applet *a, int argc, char **argv,
	const struct process **process_r, int *exit_r)
{
	struct args args;
	struct err e;

	if (args_parse(argc, argv, NULL, &args, &e) < 0) {
		*exit_r = err_report(a->name, &e);
		return -1;
	}
	if (args.help) {
		fputs(a->help, stdout);
		*exit_r = EXIT_DONE;
		return -1;
	}
	*process_r = args.n == 1 ? find_process(a, args.rest[0]) : NULL;
	if (*process_r == NULL) {
		*exit_r = wrong_process(a, &args);
		return -1;
	}
	if (root_enter(args.root, NULL, &e) < 0) {
		*exit_r = err_report(a->name, &e);
		return -1;
	}
	if (take_status_fd(a->name) < 0) {
		*exit_r = EXIT_USAGE;
		return -1;
	}
	die_with_supervisor();
	signal(SIGPIPE, SIG_IGN);
	umask(027);
	*exit_r = check_role(a);
	return *exit_r == 0 ? 0 : -1;
}

/* Adds the group that lets every role reach our run folder, then the others. */
static size_t find_groups(const char *names, gid_t *gids)
{
	struct span rest = span_of(names ? names : ""), piece;
	struct group *all = getgrnam(LIFE_GROUP);
	size_t n = 0;

	if (all)
		gids[n++] = all->gr_gid;
	while (span_cut(&rest, ' ', &piece)) {
		char name[64];
		struct group *g;

		if (piece.n == 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", SPAN_FMT(piece));
		g = getgrnam(name);
		if (g == NULL || n == GROUPS_MAX)
			log_fatal("group \"%s\": no such group; run pm setup "
				"as root to make it", name);
		gids[n++] = g->gr_gid;
	}
	return n;
}

/* Only root may do this, so it comes before the uid changes. */
static void empty_bounding_set(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		must(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0,
			"capability bounding set");
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0,
		"ambient capabilities");
}

/* Proves that neither the user nor the group can be taken back. */
static void prove_no_return(uid_t uid, gid_t gid)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	must(getresuid(&r, &e, &s) == 0 && getresgid(&rg, &eg, &sg) == 0,
		"who am I");
	errno = EPERM;
	must(r == uid && e == uid && s == uid && rg == gid && eg == gid &&
		sg == gid, "giving up root");
	must(setuid(0) < 0 && seteuid(0) < 0 && setresuid(-1, 0, -1) < 0 &&
		setgid(0) < 0 && setgroups(0, NULL) < 0,
		"root could be taken back");
}

static void become_user(const struct process *p)
{
	const struct passwd *pw = getpwnam(p->user);
	gid_t gids[GROUPS_MAX];
	uid_t uid;
	gid_t gid;
	size_t n;

	if (pw == NULL)
		log_fatal("user \"%s\": no such user; run pm setup as root to "
			"make it", p->user);
	uid = pw->pw_uid;
	gid = pw->pw_gid;
	if (uid == 0 || gid == 0)
		log_fatal("user \"%s\" is root: a role must not be", p->user);
	n = find_groups(p->groups, gids);
	empty_bounding_set();
	must(setgroups(n, gids) == 0, "further groups");
	must(setresgid(gid, gid, gid) == 0, "group");
	must(setresuid(uid, uid, uid) == 0, "user");
	prove_no_return(uid, gid);
}

void life_drop_power(const struct process *p)
{
	if (p->user == NULL)
		return;
	if (geteuid() == 0)
		become_user(p);
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no new privileges");
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "not dumpable");
	die_with_supervisor();
}

static void limit_one(int what, uint64_t value, const char *name)
{
	struct rlimit now, l;

	if (value == 0)
		return;
	must(getrlimit((__rlimit_resource_t)what, &now) == 0, name);
	l.rlim_cur = l.rlim_max = value < now.rlim_max ? value : now.rlim_max;
	must(setrlimit((__rlimit_resource_t)what, &l) == 0, name);
}

void life_rlimits(const struct life_rlimits *l)
{
	const struct rlimit none = { 0, 0 };

	must(setrlimit(RLIMIT_CORE, &none) == 0, "RLIMIT_CORE");
#ifndef __SANITIZE_ADDRESS__ /* its shadow is terabytes of address space */
	limit_one(RLIMIT_AS, l->as, "RLIMIT_AS");
#endif
	limit_one(RLIMIT_CPU, l->cpu_s, "RLIMIT_CPU");
	limit_one(RLIMIT_FSIZE, l->fsize, "RLIMIT_FSIZE");
	limit_one(RLIMIT_NOFILE, l->nofile, "RLIMIT_NOFILE");
	limit_one(RLIMIT_NPROC, l->nproc, "RLIMIT_NPROC");
	limit_one(RLIMIT_STACK, l->stack, "RLIMIT_STACK");
}

static void on_signal(int signo)
{
	char c = signo == SIGHUP ? 'H' : 'T';
	int saved = errno;
	ssize_t n = write(signal_pipe[1], &c, 1);

	(void)n; /* a full pipe already says it */
	errno = saved;
}

int life_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART };

	must(pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) == 0, "signal pipe");
	sigemptyset(&sa.sa_mask);
	must(sigaction(SIGTERM, &sa, NULL) == 0 &&
		sigaction(SIGINT, &sa, NULL) == 0 &&
		sigaction(SIGHUP, &sa, NULL) == 0, "signal handlers");
	return signal_pipe[0];
}

/* One line, one write: shorter than PIPE_BUF, so it is never torn. */
static void tell(const char *word, const char *text)
{
	char line[STATUS_MAX + 32];
	int n;

	if (status_fd < 0)
		return;
	n = snprintf(line, sizeof(line), "%s%s%s\n", word, *text ? " " : "",
		text);
	if (io_write_all(status_fd, span_from(line, (size_t)n)) < 0)
		log_warn("cannot tell the supervisor \"%s\": %s", word,
			strerror(errno));
}

void life_ready(void)
{
	tell("ready", "");
}

void life_reloaded(void)
{
	tell("reloaded", "");
}

void life_generation(uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	tell("generation", text);
}

/* Tells a text that is not the last one; empty: another word alone. */
static void tell_change(char *last, size_t size, const char *text,
	const char *word, const char *empty)
{
	char fresh[STATUS_MAX];

	snprintf(fresh, size, "%s", text ? text : "");
	for (char *c = fresh; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	pthread_mutex_lock(&status_lock);
	if (!span_is(span_of(fresh), last)) {
		memcpy(last, fresh, size);
		tell(*fresh ? word : empty, fresh);
	}
	pthread_mutex_unlock(&status_lock);
}

void life_note(const char *text)
{
	static char last[STATUS_MAX];

	tell_change(last, sizeof(last), text, "note", "note");
}

void life_degraded(const char *text)
{
	static char last[STATUS_MAX];

	tell_change(last, sizeof(last), text, "degraded", "well");
}

void life_alarm(enum alarm alarm, const char *text)
{
	static char last[ALARM_COUNT][ALARM_TEXT_MAX];
	char word[64];

	snprintf(word, sizeof(word), "alarm %s", alarm_kinds[alarm].name);
	tell_change(last[alarm], sizeof(last[alarm]), text, word, word);
}

void life_trouble(enum alarm alarm, const char *text)
{
	for (enum alarm i = 0; i < ALARM_COUNT; i++)
		if (i != alarm)
			life_alarm(i, NULL);
	life_alarm(alarm, text);
	life_degraded(text);
}
