#include "role/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/span.h"

#define BIT(profile) (1U << (profile))
#define ALL (~0U)
#define NOBODY 0U
#define WITH_INET (BIT(SANDBOX_FRONT) | BIT(SANDBOX_BROKER) | \
	BIT(SANDBOX_INJECTOR) | BIT(SANDBOX_ARCHIVER) | BIT(SANDBOX_WEB) | \
	BIT(SANDBOX_LEARNER) | BIT(SANDBOX_LOGREADER) | \
	BIT(SANDBOX_WEB_WORKER) | BIT(SANDBOX_LOGIN) | \
	BIT(SANDBOX_WATCH) | BIT(SANDBOX_DIRECTORY))
#define WITH_UNIX (WITH_INET | BIT(SANDBOX_RECORDER) | BIT(SANDBOX_WEB_ALONE))
#define WITH_FILES (WITH_UNIX | BIT(SANDBOX_DELAY))
#define WITH_THREADS (BIT(SANDBOX_FRONT) | BIT(SANDBOX_BROKER))
#define WITH_FORK (BIT(SANDBOX_ZYGOTE) | BIT(SANDBOX_WEB))
#define WITH_KILL WITH_FORK

/* Where attempts may write: opened and made before the sandbox. */
static int pair[2];
static pid_t victim;

/* How a child tells: 0 done, DENIED refused, or it was killed. */
enum { DENIED = 40 };

static int outcome(long result)
{
	return result < 0 ? DENIED : 0;
}

static int try_open(void)
{
	return outcome(open("/etc/passwd", O_RDONLY));
}

static int try_write_file(void)
{
	return outcome(open("/dev/null", O_WRONLY));
}

static int try_inet(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_unix(void)
{
	return outcome(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_packet(void)
{
	return outcome(socket(AF_PACKET, SOCK_RAW, 0));
}

static int try_netlink(void)
{
	return outcome(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int try_execve(void)
{
	char *const argv[] = { (char *)(uintptr_t)"true", NULL };

	return outcome(execve("/bin/true", argv, argv + 1));
}

static int try_ptrace(void)
{
	return outcome(ptrace(PTRACE_ATTACH, victim, NULL, NULL));
}

static int try_kill(void)
{
	return outcome(kill(victim, SIGTERM));
}

static int try_mount(void)
{
	return outcome(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int try_namespace(void)
{
	return outcome(unshare(CLONE_NEWUSER));
}

static int try_setuid(void)
{
	return outcome(syscall(SYS_setuid, 1));
}

static int try_bpf(void)
{
	return outcome(syscall(SYS_bpf, 0, NULL, 0));
}

static int try_module(void)
{
	return outcome(syscall(SYS_init_module, NULL, 0, ""));
}

static int try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE |
		MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? DENIED : 0;
}

static int try_make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 1 :
		outcome(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

#ifdef __x86_64__
/* The same calls by other numbers: the way around many a filter. */
static int try_i386(void)
{
	long result = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	return outcome(result);
}

static int try_x32(void)
{
	return outcome(syscall(0x40000000 | SYS_getpid));
}
#endif

static void *in_thread(void *p)
{
	return p;
}

static int try_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, in_thread, NULL) != 0)
		return DENIED;
	return pthread_join(t, NULL) == 0 ? 0 : 1;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(int));
}

/* What the C library does behind our back: memory, sorting, talking. */
static int try_work(void)
{
	enum { MANY = 200000 };
	int *p = calloc(MANY, sizeof(*p));
	char c = 'x';

	if (p == NULL)
		return 1;
	for (int i = 0; i < MANY; i++)
		p[i] = MANY - i;
	qsort(p, MANY, sizeof(*p), compare);
	free(p);
	if (write(pair[0], &c, 1) != 1 || read(pair[1], &c, 1) != 1)
		return 1;
	return 0;
}

static const struct attempt {
	const char *what;
	unsigned allowed;	/* BIT of each profile that may */
	int (*run)(void);
} attempts[] = {
	{ "working on memory and open descriptors", ALL, try_work },
	{ "opening a file", WITH_FILES | BIT(SANDBOX_SIGNER), try_open },
	{ "writing a file", WITH_FILES, try_write_file },
	{ "an internet socket", WITH_INET, try_inet },
	{ "a unix socket", WITH_UNIX, try_unix },
	{ "a packet socket", NOBODY, try_packet },
	{ "a netlink socket", NOBODY, try_netlink },
	{ "executing a program", NOBODY, try_execve },
	{ "tracing another process", NOBODY, try_ptrace },
	{ "killing another process", WITH_KILL, try_kill },
	{ "mounting", NOBODY, try_mount },
	{ "a new process", WITH_FORK, try_fork },
	{ "a thread", WITH_THREADS, try_thread },
	{ "a new user namespace", NOBODY, try_namespace },
	{ "changing the user", NOBODY, try_setuid },
	{ "loading a BPF program", NOBODY, try_bpf },
	{ "loading a kernel module", NOBODY, try_module },
	{ "mapping executable memory", NOBODY, try_executable_memory },
	{ "making data executable", NOBODY, try_make_executable },
#ifdef __x86_64__
	{ "a call through the i386 door", NOBODY, try_i386 },
	{ "a call through the x32 door", NOBODY, try_x32 },
#endif
};

/* Runs in the child: enters the sandbox as the process would. */
static _Noreturn void run_child(enum sandbox_profile profile,
	const struct attempt *a, bool landlock)
{
	static const struct sandbox_path none[] = { { 0 } };
	int null = open("/dev/null", O_WRONLY);

	if (null >= 0)
		dup2(null, STDERR_FILENO); /* no noise of a sanitizer */
	if (landlock && sandbox_paths(none, NULL) != 0)
		_exit(2);
	if (sandbox_calls(profile, NULL) < 0)
		_exit(2);
	_exit(a->run());
}

static int wait_child(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* "" when it went as it should, else what happened. */
static void judge(int status, bool allowed, char *text, size_t size)
{
	bool refused = (WIFEXITED(status) && WEXITSTATUS(status) == DENIED) ||
		(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	text[0] = 0;
	if (allowed ? done : refused)
		return;
	if (done || refused)
		snprintf(text, size, "%s", done ? "it was possible" :
			"it was refused");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "signal %d", WTERMSIG(status));
	else
		snprintf(text, size, "exit code %d", WEXITSTATUS(status));
}

static bool run_attempt(enum sandbox_profile profile, const char *name,
	const struct attempt *a, bool landlock, unsigned number)
{
	bool allowed = (a->allowed & BIT(profile)) && !landlock;
	char text[64] = "cannot fork";
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		run_child(profile, a, landlock);
	if (pid > 0)
		judge(wait_child(pid), allowed, text, sizeof(text));
	printf("%s %u - %s: %s is %s%s\n", *text ? "not ok" : "ok", number,
		name, a->what, allowed ? "possible" : "refused",
		landlock ? " where no path is listed" : "");
	if (*text)
		printf("# %s\n", text);
	return *text == 0;
}

/* Somebody to be attacked, who only waits. */
static pid_t start_victim(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/* Landlock here? Asked in a child, since asking enters it. */
static bool have_landlock(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(sandbox_paths(NULL, NULL) == 0 ? 0 : 1);
	status = pid > 0 ? wait_child(pid) : -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The same files again, this time with Landlock in the way. */
static int run_landlock(enum sandbox_profile profile, const char *name,
	unsigned *count)
{
	int failures = 0;

	if (!have_landlock()) {
		printf("ok %u - %s: files # SKIP this kernel has no usable "
			"Landlock\n", ++*count, name);
		return 0;
	}
	for (size_t i = 1; i <= 2; i++)
		failures += !run_attempt(profile, name, &attempts[i], true,
			++*count);
	return failures;
}

int sandbox_selftest(enum sandbox_profile profile, const char *name,
	unsigned *count)
{
	int failures = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return 1;
	victim = start_victim();
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		failures += !run_attempt(profile, name, &attempts[i], false,
			++*count);
	if (BIT(profile) & (WITH_FILES | BIT(SANDBOX_SIGNER)))
		failures += run_landlock(profile, name, count);
	if (victim > 0) {
		kill(victim, SIGKILL);
		wait_child(victim);
	}
	close(pair[0]);
	close(pair[1]);
	return failures;
}
