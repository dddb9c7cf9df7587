/*
 * The zygote of the viewer and its children (viewer.h).
 */
#include "viewer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "mail/charset.h"
#include "preview.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "web/helper_wire.h"

enum {
	LOOK_MS = 100,		/* while a child works */
	CPU_S = 10,
	AS_BYTES = 640 << 20,
	ARENA_BYTES = 384 << 20,
	NOFILE = 64,
};

static struct {
	int control;
	struct sandbox_program *program;
	struct child {
		pid_t pid;	/* 0: free */
		uint64_t number;
		int64_t deadline_ms;
		bool late;
	} children[VIEWER_JOBS_MAX];
} z;

/*
 * Everything but stderr and the socket, however many we were born with: among
 * the rest is the supervisor's status pipe.
 */
static void close_all_but(int fd)
{
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	if ((fd > STDERR_FILENO + 1 &&
	     close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0) < 0) ||
	    close_range((unsigned)fd + 1, ~0U, 0) < 0)
		log_fatal("viewer: cannot close what it must not have");
}

/* The same in a child, which may not do it so. */
static void close_others(const int *keep, size_t n)
{
	for (int fd = 0; fd < NOFILE; fd++) {
		bool kept = fd == STDERR_FILENO;

		for (size_t i = 0; i < n; i++)
			kept = kept || fd == keep[i];
		if (!kept)
			close(fd);
	}
}

static void restrict_child(pid_t parent)
{
	const struct life_rlimits limits = { .as = AS_BYTES, .cpu_s = CPU_S,
		.fsize = HELPER_PREVIEW_MAX };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_LATER);
	life_rlimits(&limits);
	if (sandbox_enter(z.program) < 0)
		_exit(EXIT_LATER);
}

static _Noreturn void be_child(const struct viewer_job *j, const int *fds,
	pid_t parent)
{
	struct arena *a = arena_new("preview", ARENA_BYTES);
	struct buf record = { .arena = a };
	struct preview preview;
	void *p = NULL;

	if (j->size)
		p = mmap(NULL, j->size, PROT_READ, MAP_PRIVATE, fds[0], 0);
	if (p == MAP_FAILED)
		_exit(EXIT_LATER);
	close_others(fds, 2);
	restrict_child(parent);
	preview_make(span_from(p, j->size), a, &preview);
	preview_put(&record, &preview);
	_exit(io_write_all(fds[1], buf_bytes(&record)) == 0 ? EXIT_DONE :
		EXIT_LATER);
}

static void tell(uint64_t number, int status, bool late)
{
	struct viewer_done d = { number, status, late };

	io_send(z.control, span_from(&d, sizeof(d)), NULL, 0);
}

static void start(const struct viewer_job *j, const int *fds)
{
	pid_t self = getpid(), pid = -1;
	struct child *c = z.children;

	while (c < z.children + VIEWER_JOBS_MAX && c->pid)
		c++;
	if (c < z.children + VIEWER_JOBS_MAX)
		pid = fork();
	if (pid == 0)
		be_child(j, fds, self);
	if (pid < 0) {
		tell(j->number, EXIT_LATER << 8, false);
		return;
	}
	*c = (struct child){ pid, j->number, clock_ms() + VIEWER_CHILD_MS,
		false };
}

/* The parent's next job; false: the parent is gone. */
static bool obey(void)
{
	int fds[IO_MAX_FDS];
	struct viewer_job j;
	size_t nfds;
	ssize_t n = io_recv(z.control, &j, sizeof(j), fds, &nfds);

	if (n == sizeof(j) && nfds == 2)
		start(&j, fds);
	for (size_t i = 0; n > 0 && i < nfds; i++)
		close(fds[i]);
	return n == sizeof(j) && nfds == 2;
}

static void reap_one(struct child *c)
{
	int status;

	if (waitpid(c->pid, &status, WNOHANG) != c->pid) {
		if (clock_ms() > c->deadline_ms && !c->late) {
			c->late = true;
			kill(c->pid, SIGKILL);
		}
		return;
	}
	if (WIFSIGNALED(status))
		log_warn("viewer: child %d ended by signal %d (%s)%s",
			(int)c->pid, WTERMSIG(status),
			strsignal(WTERMSIG(status)), c->late ?
			": its time was over" : "");
	c->pid = 0;
	tell(c->number, status, c->late);
}

static _Noreturn void serve(void)
{
	for (;;) {
		struct pollfd p = { .fd = z.control, .events = POLLIN };
		bool busy = false;

		for (size_t i = 0; i < VIEWER_JOBS_MAX; i++) {
			if (z.children[i].pid)
				reap_one(&z.children[i]);
			busy = busy || z.children[i].pid;
		}
		if (poll(&p, 1, busy ? LOOK_MS : -1) > 0 && !obey())
			_exit(EXIT_DONE);
	}
}

static _Noreturn void be_zygote(const struct process *p, pid_t parent)
{
	/* Whose key file it may not even read. */
	struct process keyless = *p;
	struct err e;

	keyless.groups = NULL;
	life_drop_power(&keyless);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_LATER);
	close_all_but(z.control);
	life_rlimits(&(struct life_rlimits){ .nofile = NOFILE });
	if (sandbox_confine(NULL, SANDBOX_ZYGOTE, &e) < 0)
		log_fatal("%s", e.text);
	serve();
}

int viewer_zygote(const struct process *p)
{
	pid_t self = getpid(), pid;
	int pair[2];
	struct err e;

	charset_open_all();
	z.program = sandbox_compile(SANDBOX_SCANNER, &e);
	if (z.program == NULL)
		log_fatal("%s", e.text);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
	    (pid = fork()) < 0)
		log_fatal("viewer: cannot start its zygote: %s",
			strerror(errno));
	if (pid == 0) {
		z.control = pair[1];
		be_zygote(p, self);
	}
	close(pair[1]);
	return pair[0];
}
