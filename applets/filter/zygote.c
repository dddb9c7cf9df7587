/*
 * The zygote: single-threaded, restricted before it sees a byte, loads the
 * policy once and forks scanners which have it at once. It obeys one front at
 * a time. Its death ends its scanners.
 *
 * Started with PM_TEST_CRASH in its environment its scanners obey the header
 * X-PM-Test-Crash (scanner.c); the tests do that.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "mail/archive.h"
#include "mail/charset.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "filter.h"
#include "hop.h"
#include "listen.h"
#include "scanner.h"

enum {
	CHILDREN_MAX = 4096,
	CPU_S = 12,		/* 10 a message, and 2 that it may have used */
	CPU_HARD_S = 14,
	AS_BYTES = 512 << 20,
	KEPT_BYTES = 4 << 20,
	BUNDLE_MEMORY = 64 << 20,
	NOFILE = 256,
};

static struct {
	int listener, front, signals;
	struct engine *engine;
	struct arena *arena;	/* of the bundle's table */
	void *bundle;
	size_t bundle_size;
	uint64_t generation;
	struct sandbox_program *program;
	bool test_crash;
	struct child {
		pid_t pid;
		uint64_t id;
	} children[CHILDREN_MAX];
	size_t nchildren;
} z = { .listener = -1, .front = -1 };

static void tell(const struct hop_note *n, const char *text)
{
	unsigned char p[sizeof(*n) + HOP_TEXT_MAX];
	struct span s = span_sub(span_of(text), 0, HOP_TEXT_MAX);

	memcpy(p, n, sizeof(*n));
	memcpy(p + sizeof(*n), s.p, s.n);
	if (z.front >= 0)
		io_send(z.front, span_from(p, sizeof(*n) + s.n), NULL, 0);
}

/* The bundle's bytes, mapped; only when nobody can change them any more. */
static bool map_bundle(int fd, struct span *s_r)
{
	const int needed = F_SEAL_WRITE | F_SEAL_SHRINK;
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0 || st.st_size <= 0 ||
	    (fcntl(fd, F_GET_SEALS) & needed) != needed)
		return false;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	*s_r = span_from(p, (size_t)st.st_size);
	return true;
}

static struct engine *make_engine(struct span s, struct arena *a,
	struct err *e)
{
	struct bundle *b = arena_alloc(a, sizeof(*b));

	if (bundle_open(s, a, b, e) < 0)
		return NULL;
	return engine_new(b, e);
}

/* The old policy stays when the new one cannot be used. */
static void load(uint64_t generation, int fd)
{
	struct hop_note n = { HOP_MAGIC, HOP_LOADED, generation, 0, 0, 0, 0,
		generation };
	struct arena *a = arena_new("bundle", BUNDLE_MEMORY);
	struct engine *fresh = NULL;
	struct err e = { .text = "not a sealed bundle" };
	struct span s;
	bool mapped = map_bundle(fd, &s);

	if (mapped)
		fresh = make_engine(s, a, &e);
	if (fresh == NULL) {
		if (mapped)
			munmap((void *)(uintptr_t)s.p, s.n);
		arena_free(&a);
		tell(&n, e.text);
		return;
	}
	engine_warm(fresh);
	engine_free(&z.engine);
	arena_free(&z.arena);
	if (z.bundle)
		munmap(z.bundle, z.bundle_size);
	z.engine = fresh;
	z.arena = a;
	z.bundle = (void *)(uintptr_t)s.p;
	z.bundle_size = s.n;
	z.generation = generation;
	n.good = 1;
	for (unsigned i = 0; i < STAGE_N; i++)
		if (engine_has_rules(fresh, (enum engine_stage)i))
			n.stages |= 1U << i;
	tell(&n, engine_trouble(fresh));
}

/* The child's own limits; what it may call comes last. */
static void restrict_child(pid_t parent)
{
	const struct itimerval cpu = { .it_value.tv_sec = CPU_S };
	const struct life_rlimits limits = { .as = AS_BYTES,
		.cpu_s = CPU_HARD_S };
	sigset_t none;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    setitimer(ITIMER_PROF, &cpu, NULL) < 0)
		_exit(EXIT_LATER);
	life_rlimits(&limits);
	if (sandbox_enter(z.program) < 0)
		_exit(EXIT_LATER);
}

/*
 * Everything but stderr and its own two. Among the rest are the supervisor's
 * status pipe and the pipe that says TERM to the zygote: whoever took a
 * scanner over could write there.
 */
static void close_others(int control, int broker)
{
	for (int fd = STDERR_FILENO + 1; fd < NOFILE; fd++)
		if (fd != control && fd != broker)
			close(fd);
}

static _Noreturn void be_scanner(const int *fds, size_t nfds, pid_t parent)
{
	struct scanner_place p = { .control = fds[0], .broker = -1,
		.engine = z.engine, .test_crash = z.test_crash };

	if (nfds == 3)
		p.broker = fds[2];
	p.slot = mmap(NULL, HOP_SLOT_SIZE, PROT_READ, MAP_SHARED, fds[1], 0);
	if (p.slot == MAP_FAILED)
		_exit(EXIT_LATER);
	close_others(p.control, p.broker);
	restrict_child(parent);
	_exit(scanner_run(&p));
}

static void spawn(uint64_t id, const int *fds, size_t nfds)
{
	struct hop_note n = { HOP_MAGIC, HOP_SPAWNED, id, 0, 0, 0, 0,
		z.generation };
	pid_t self = getpid(), pid = -1;

	if (z.engine && nfds >= 2 && z.nchildren < CHILDREN_MAX)
		pid = fork();
	if (pid == 0)
		be_scanner(fds, nfds, self);
	if (pid > 0) {
		z.children[z.nchildren++] = (struct child){ pid, id };
		n.good = 1;
	}
	tell(&n, "");
}

static void kill_one(uint64_t id)
{
	for (size_t i = 0; i < z.nchildren; i++)
		if (z.children[i].id == id)
			kill(z.children[i].pid, SIGKILL);
}

static void reap(void)
{
	struct rusage used;
	int status;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0) {
		struct hop_note n = { HOP_MAGIC, HOP_EXITED, 0, 0, 0, status,
			0, 0 };

		n.cpu_ms = (uint32_t)((used.ru_utime.tv_sec +
			used.ru_stime.tv_sec) * 1000 +
			(used.ru_utime.tv_usec + used.ru_stime.tv_usec) /
			1000);
		for (size_t i = 0; i < z.nchildren; i++) {
			if (z.children[i].pid != pid)
				continue;
			n.id = z.children[i].id;
			z.children[i] = z.children[--z.nchildren];
			tell(&n, "");
			break;
		}
		if (WIFSIGNALED(status))
			log_warn("zygote: scanner %d ended by signal %d (%s), "
				"%u ms CPU", (int)pid, WTERMSIG(status),
				strsignal(WTERMSIG(status)), n.cpu_ms);
	}
}

/* One order; false when front is gone or talks nonsense. */
static bool obey(void)
{
	int fds[IO_MAX_FDS];
	struct hop_order o;
	size_t nfds = 0;
	ssize_t n = io_recv(z.front, &o, sizeof(o), fds, &nfds);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n == sizeof(o) && o.magic == HOP_MAGIC) {
		if (o.kind == HOP_LOAD && nfds == 1)
			load(o.id, fds[0]);
		else if (o.kind == HOP_SPAWN)
			spawn(o.id, fds, nfds);
		else if (o.kind == HOP_KILL)
			kill_one(o.id);
	}
	for (size_t i = 0; n > 0 && i < nfds; i++)
		close(fds[i]);
	return n == sizeof(o) && o.magic == HOP_MAGIC;
}

static void on_child(int signo)
{
	(void)signo; /* it only has to interrupt ppoll */
}

/* SIGCHLD is blocked but while we wait: none is missed, none interrupts. */
static void catch_children(sigset_t *old)
{
	struct sigaction sa = { .sa_handler = on_child };
	sigset_t chld;

	sigaction(SIGCHLD, &sa, NULL);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, old);
	sigdelset(old, SIGCHLD);
}

static void take_front(void)
{
	int fd = accept4(z.listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (z.front >= 0)
		close(z.front); /* the newest one lives */
	z.front = fd;
}

/* Did TERM come? */
static bool told_to_end(void)
{
	char c;

	while (read(z.signals, &c, 1) == 1)
		if (c == 'T')
			return true;
	return false;
}

static int serve(void)
{
	sigset_t mask;

	catch_children(&mask);
	for (;;) {
		struct pollfd p[] = {
			{ .fd = z.signals, .events = POLLIN },
			{ .fd = z.listener, .events = POLLIN },
			{ .fd = z.front, .events = POLLIN },
		};
		int n = ppoll(p, 3, NULL, &mask);

		reap();
		if (n < 0)
			continue;
		if (p[0].revents && told_to_end())
			return EXIT_DONE;
		if (p[2].revents && !obey()) {
			close(z.front);
			z.front = -1;
		}
		if (p[1].revents)
			take_front();
	}
}

/*
 * A scanner lives for a few messages of the same kind: memory that goes back
 * to the kernel after each would only be zeroed again for the next.
 */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

int zygote_run(const struct process *p)
{
	struct err e;

	z.test_crash = getenv("PM_TEST_CRASH") != NULL;
	z.listener = listen_for_front(FILTER_ZYGOTE_SOCKET, &e);
	if (z.listener < 0)
		return err_report("filter", &e);
	z.signals = life_signals();
	z.program = sandbox_compile(SANDBOX_SCANNER, &e);
	if (z.program == NULL)
		return err_report("filter", &e);
	keep_memory();
	charset_open_all();
	archive_prepare();
	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = NOFILE });
	if (sandbox_confine(NULL, SANDBOX_ZYGOTE, &e) < 0)
		return err_report("filter", &e);
	life_ready();
	return serve();
}
