/*
 * pm supervise: starts the processes of this appliance's roles and keeps
 * them up. The loop below waits; the table in machine.c decides.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise.h"

#include "base/args.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/root.h"
#include "role/control.h"

#define LOCK_PATH ROOT_RUN "/supervise.lock"
#define SYSLOG_PATH ROOT_RUN "/log"
#define LOG_PATH ROOT_LOG "/pm.log"

enum { LOG_SIZE = 16 << 20, LOG_FILES = 8, LAST_WORDS_MS = 1000 };

struct options {
	long long log_size, log_files;
	bool foreground_log;
};

static struct logbook logbook;
static struct super super;

void super_say(struct super *s, const char *fmt, ...)
{
	char text[1024], label[32];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(label, sizeof(label), "supervise[%d]", getpid());
	logbook_add(s->logbook, label, span_of(text), "");
}

/* Gives up nothing and loses nobody: PID 1 and subreaper see every death. */
static void reap(struct super *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		pid_t group = 0;

		if (pid == s->reader.pid)
			s->reader.pid = 0;
		for (size_t i = 0; i < CHILDREN_MAX; i++) {
			struct child *c = &s->children[i];

			if (c->pid != pid)
				continue;
			group = pid;
			kill(-pid, SIGKILL);
			sources_drain(s, c);
			c->exit_status = status;
			machine_event(s, c, EVENT_EXITED);
			/* Unless it was started again just now. */
			if (c->pid == pid)
				c->pid = 0;
			break;
		}
		spawn_sweep(s, group);
		if (group)
			spawn_note_lives(s);
	}
}

/* TERM, INT: everything down; INT means "again" to PID 1. */
static void begin_ending(struct super *s, int signal)
{
	if (s->ending)
		return;
	super_say(s, "stopping: signal %d", signal);
	s->ending = true;
	s->ending_signal = signal;
	s->ending_ms = clock_ms() + ALL_STOP_MS;
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		s->children[i].wanted = s->children[i].again = false;
}

void server_reload(struct super *s)
{
	if (s->reader.fd >= 0)
		s->reload_again = true;
	else if (wired_read_start(s) < 0)
		server_reloaded(s, "cannot start a process to read the wiring");
}

static void read_signals(struct super *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (info.ssi_signo == SIGHUP) {
			logbook_reopen(s->logbook);
			server_reload(s);
		} else {
			begin_ending(s, (int)info.ssi_signo);
		}
	}
	reap(s);
}

/* The first wiring must be good; PID 1 however has nowhere to go. */
static void read_wiring(struct super *s)
{
	struct err e;
	bool good;

	if (!wired_read_more(s))
		return;
	good = wired_apply(s, &e) == 0;
	if (!good)
		super_say(s, "error: %s", e.text);
	if (!good && s->first && getpid() != 1) {
		s->exit_code = err_report("supervise", &e);
		begin_ending(s, 0);
	}
	s->first = false;
	server_reloaded(s, good ? NULL : e.text);
	if (s->reload_again) {
		s->reload_again = false;
		server_reload(s);
	}
}

/* What poll() waits for, beside what it means. */
struct watches {
	struct pollfd fds[WATCHES_MAX];
	struct {
		void (*ready)(struct super *s, void *self);
		void *self;
	} who[WATCHES_MAX];
	nfds_t n;
};

static void watch(struct watches *w, int fd,
	void (*ready)(struct super *s, void *self), void *self)
{
	if (fd < 0 || w->n == WATCHES_MAX)
		return;
	w->fds[w->n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	w->who[w->n].ready = ready;
	w->who[w->n++].self = self;
}

static void on_signal(struct super *s, void *self)
{
	(void)self;
	read_signals(s);
}

static void on_listen(struct super *s, void *self)
{
	(void)self;
	server_accept(s);
}

static void on_syslog(struct super *s, void *self)
{
	(void)self;
	sources_read_syslog(s);
}

static void on_wiring(struct super *s, void *self)
{
	(void)self;
	read_wiring(s);
}

/* Something earlier in the same turn may have closed these. */
static void on_source(struct super *s, void *self)
{
	struct source *from = self;

	if (from->fd >= 0)
		sources_read(s, from);
}

static void on_status(struct super *s, void *self)
{
	struct child *c = self;

	if (c->status_fd >= 0)
		sources_read_status(s, c);
}

static void on_client(struct super *s, void *self)
{
	struct client *c = self;

	if (c->fd >= 0)
		server_read(s, c);
}

/* What was said before a death is heard before the death. */
static void gather(struct super *s, struct watches *w)
{
	w->n = 0;
	watch(w, s->syslog_fd, on_syslog, NULL);
	for (size_t i = 0; i < SOURCES_MAX; i++)
		watch(w, s->sources[i].fd, on_source, &s->sources[i]);
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		watch(w, s->children[i].status_fd, on_status,
			&s->children[i]);
	watch(w, s->reader.fd, on_wiring, NULL);
	watch(w, s->signal_fd, on_signal, NULL);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		watch(w, s->clients[i].fd, on_client, &s->clients[i]);
	/* Who asks before there is anything to tell waits a moment. */
	watch(w, s->first ? -1 : s->listen_fd, on_listen, NULL);
}

/* The earlier of two moments, where 0 is none. */
static int64_t earlier(int64_t a, int64_t b)
{
	return a == 0 || (b && b < a) ? b : a;
}

/* The deadline of a clean stop is over. */
static void kill_all(struct super *s)
{
	super_say(s, "warn: not everything stopped in time: killed");
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &s->children[i];

		if (c->state == STATE_starting || c->state == STATE_ready)
			machine_event(s, c, EVENT_STOP);
		spawn_signal(c, SIGKILL);
	}
	s->ending_ms = clock_ms() + 1000;
}

/* Fires what is due and says how long poll() may wait. */
static int timers(struct super *s)
{
	int64_t now = clock_ms(), next;

	if (s->ending && s->ending_ms <= now)
		kill_all(s);
	next = machine_timers(s, now);
	next = earlier(next, server_timers(s, now));
	next = earlier(next, s->ending ? s->ending_ms : 0);
	next = earlier(next, logbook_retry(s->logbook));
	return next ? (int)clock_left_ms(next) : -1;
}

static bool is_over(const struct super *s)
{
	return s->ending && machine_all_down(s);
}

static void run(struct super *s)
{
	static struct watches w;

	for (;;) {
		int timeout;

		machine_settle(s);
		timeout = timers(s);
		machine_settle(s);
		logbook_flush(s->logbook);
		if (is_over(s))
			return;
		gather(s, &w);
		if (poll(w.fds, w.n, timeout) <= 0)
			continue;
		for (nfds_t i = 0; i < w.n; i++)
			if (w.fds[i].revents)
				w.who[i].ready(s, w.who[i].self);
	}
}

/* Ends what still descends from us, and hears its last words. */
static void last_words(struct super *s)
{
	int64_t deadline = clock_ms() + LAST_WORDS_MS;

	while (clock_ms() < deadline) {
		bool open = false;

		spawn_sweep(s, 0);
		reap(s);
		for (size_t i = 0; i < SOURCES_MAX; i++) {
			if (s->sources[i].fd >= 0)
				sources_read(s, &s->sources[i]);
			open = open || s->sources[i].fd >= 0;
		}
		if (!open && waitpid(-1, NULL, WNOHANG) < 0)
			break;
		clock_sleep_ms(5);
	}
	sources_read_syslog(s);
	super_say(s, "stopped");
	logbook_flush(s->logbook);
}

/* As PID 1 the machine, or the namespace, ends with us. */
static void power_off(const struct super *s)
{
	if (getpid() != 1)
		return;
	sync();
	reboot(s->ending_signal == SIGINT ? RB_AUTOBOOT : RB_POWER_OFF);
}

/* One supervisor a root. The lock ends with the process, however it ends. */
static int take_lock(const char *root, struct err *e)
{
	struct flock lock = { .l_type = F_WRLCK }, other = lock;
	int fd = open(LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		0644);

	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, "%s", LOCK_PATH);
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	if (fcntl(fd, F_GETLK, &other) < 0 || other.l_type == F_UNLCK)
		return err_set(e, ERR_TEMPORARY, "%s: somebody else just "
			"tried: try again", LOCK_PATH);
	return err_set(e, ERR_PERMANENT, "%s is already served by pm "
		"supervise (pid %d): stop it first", root, other.l_pid);
}

/*
 * Role users may make sockets in run/pm, but only root removes another's:
 * hence the sticky bit.
 */
static int make_folders(struct err *e)
{
	const struct group *g = getgrnam("pm");
	bool shared = geteuid() == 0 && g;

	umask(022);
	if (io_mkdirs(ROOT_RUN, 0755, e) < 0 ||
	    io_mkdirs(ROOT_LOG, 0755, e) < 0)
		return -1;
	if (shared && (chown(ROOT_RUN, 0, g->gr_gid) < 0 ||
		       chmod(ROOT_RUN, 01775) < 0 ||
		       chown(ROOT_LOG, 0, g->gr_gid) < 0 ||
		       chmod(ROOT_LOG, 0750) < 0))
		return err_errno(e, ERR_PERMANENT, "%s, %s: cannot give them "
			"to group pm", ROOT_RUN, ROOT_LOG);
	return 0;
}

/*
 * Programs that only know syslog(3) write to /dev/log: there when the root is
 * the machine's and nobody else serves it.
 */
static void link_dev_log(void)
{
	char cwd[8];
	struct stat st;
	bool ours = getcwd(cwd, sizeof(cwd)) && strcmp(cwd, "/") == 0;

	if (!ours || (stat("dev/log", &st) == 0 && getpid() != 1))
		return;
	unlink("dev/log");
	if (symlink("../" SYSLOG_PATH, "dev/log") < 0)
		super_say(&super, "warn: dev/log: %s", strerror(errno));
}

/* Role users may ask how it stands: the pages show it. */
static int open_control(struct err *e)
{
	const struct group *g = geteuid() == 0 ? getgrnam("pm") : NULL;
	int fd = io_listen_unix(CONTROL_SOCKET,
		SOCK_SEQPACKET | SOCK_NONBLOCK, 0600, e);

	if (fd >= 0 && g && (chown(CONTROL_SOCKET, 0, g->gr_gid) < 0 ||
	    chmod(CONTROL_SOCKET, 0660) < 0)) {
		err_errno(e, ERR_PERMANENT, "%s: cannot give it to group pm",
			CONTROL_SOCKET);
		close(fd);
		return -1;
	}
	return fd;
}

static int open_syslog(struct super *s, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX,
		.sun_path = SYSLOG_PATH };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int room = 1 << 20;

	unlink(SYSLOG_PATH);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    chmod(SYSLOG_PATH, 0666) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s", SYSLOG_PATH);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	s->syslog_fd = fd;
	link_dev_log();
	return 0;
}

static int open_signals(struct super *s, struct err *e)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return err_errno(e, ERR_TEMPORARY, "signalfd");
	/* ctrl-alt-del comes as SIGINT; inside a namespace it never comes. */
	if (getpid() == 1)
		reboot(RB_DISABLE_CAD);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return err_errno(e, ERR_TEMPORARY, "subreaper");
	return 0;
}

/* 0 to 2 are always open, so that no file of ours gets their numbers. */
static void open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3);
	if (fd >= 3) {
		dup2(fd, STDIN_FILENO);
		close(fd);
	}
}

/* What children find in their environment: little, and known. */
static void make_environment(struct super *s)
{
	static const char *const passed[] = { "TZ=", "PM_TEST_",
		"ASAN_OPTIONS=", "UBSAN_OPTIONS=" };
	size_t n = 0;

	s->env[n++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		"/sbin:/bin";
	s->env[n++] = "PM_STATUS_FD=3";
	for (char **v = environ; *v && n < ENV_MAX - 1; v++)
		for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++)
			if (span_starts(span_of(*v), span_of(passed[i]))) {
				s->env[n++] = *v;
				break;
			}
}

/*
 * A copy of the log for who watches. Opened anew, so that it can be set not
 * to block without changing that for the others who hold our stderr.
 */
static void open_echo(struct super *s, bool asked)
{
	if (asked || isatty(STDERR_FILENO))
		s->logbook->echo_fd = open("/proc/self/fd/2", O_WRONLY |
			O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

static int set_up(struct super *s, const char *root, const struct options *o,
	struct err *e)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		s->children[i].status_fd = -1;
	for (size_t i = 0; i < SOURCES_MAX; i++)
		s->sources[i].fd = -1;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		s->clients[i].fd = -1;
	s->logbook = &logbook;
	s->reader.fd = s->syslog_fd = s->listen_fd = s->lives_fd = -1;
	s->first = true;
	open_standard();
	make_environment(s);
	if (root_enter(root, NULL, e) < 0 || make_folders(e) < 0 ||
	    take_lock(root, e) < 0 || spawn_end_predecessor(s, e) < 0 ||
	    logbook_open(s->logbook, LOG_PATH, (uint64_t)o->log_size,
		    (unsigned)o->log_files, e) < 0)
		return -1;
	open_echo(s, o->foreground_log);
	if (open_signals(s, e) < 0 || open_syslog(s, e) < 0)
		return -1;
	s->listen_fd = open_control(e);
	if (s->listen_fd < 0)
		return -1;
	if (wired_read_start(s) < 0)
		return err_errno(e, ERR_TEMPORARY, "fork");
	return 0;
}

static int supervise_main(int argc, char **argv)
{
	struct options o = { LOG_SIZE, LOG_FILES, false };
	const struct args_option options[] = {
		{ "log-size", 0, ARGS_NUMBER, &o.log_size },
		{ "log-files", 0, ARGS_NUMBER, &o.log_files },
		{ "foreground-log", 0, ARGS_FLAG, &o.foreground_log },
		{ 0 },
	};
	struct args args;
	struct err e;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("supervise", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "supervise", NULL });
	if (args.n || o.log_files < 1 || o.log_files > 1000 ||
	    o.log_size < 4096) {
		fputs("pm supervise: usage: pm supervise [--root DIR] "
			"[--foreground-log] [--log-size BYTES (4096 or more)] "
			"[--log-files N (1 to 1000)]\n", stderr);
		return EXIT_USAGE;
	}
	if (set_up(&super, args.root, &o, &e) < 0)
		return err_report("supervise", &e);
	super_say(&super, "started in %s", args.root);
	run(&super);
	last_words(&super);
	power_off(&super);
	return super.exit_code;
}

const struct applet supervise_applet = {
	.name = "supervise",
	.summary = "starts the roles of this appliance and keeps them up",
	.help =
		"usage: pm supervise [--root DIR] [--foreground-log]\n"
		"                    [--log-size BYTES] [--log-files N]\n"
		"\n"
		"Starts the processes of the roles in etc/pm/wiring.lua, each\n"
		"when what it needs is ready, and starts again what dies: at\n"
		"once when it had lived for a while, after a delay when not;\n"
		"one that dies again and again is \"failed\" in pm status and\n"
		"is tried again each minute. One that ends with\n"
		"code 2 (its configuration is wrong) waits for pm reload or\n"
		"pm start.\n"
		"\n"
		"What the processes write to stderr is stamped and kept in\n"
		"var/log/pm/pm.log (16 MiB a file and 8 files, unless\n"
		"--log-size and --log-files say otherwise), and copied to\n"
		"stderr when that is a terminal or with --foreground-log.\n"
		"Programs that know only syslog(3) are heard on run/pm/log.\n"
		"\n"
		"TERM, INT  stop everything, those first that need others;\n"
		"           what is left after 20 s is killed\n"
		"HUP        as pm reload: reads the wiring again, starts new\n"
		"           roles, stops removed ones, tells every process;\n"
		"           opens the log file anew\n"
		"\n"
		"It may be PID 1: then it reaps what nobody else does, powers\n"
		"off after TERM and restarts the machine after INT.\n",
	.main = supervise_main,
};
