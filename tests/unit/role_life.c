/*
 * role/life.c: what the supervisor hears, signals as bytes, limits, and that
 * nothing leads back to root.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "role/life.h"

static const struct process processes[] = {
	{ .name = "one", .user = "nobody" },
	{ .name = "two", .user = "no-such-user" },
	{ .name = "three", .user = NULL },
	{ .name = "four", .user = "nobody", .groups = "no-such-group" },
	{ 0 },
};
static const struct role role = { .processes = processes };
static const struct applet applet = { .name = "mta", .help = "the manual\n",
	.role = &role };
static char root[] = "/tmp/pm-life-XXXXXX";

static int set_up(void **state)
{
	static const char wiring[] = "return { name = \"a\", site = \"b\", "
		"roles = { \"mta\" } }";
	char path[128];

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/etc", root);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/etc/pm", root);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/etc/pm/wiring.lua", root);
	return io_replace_file(path, 0644, span_of(wiring), NULL);
}

static int tear_down(void **state)
{
	static const char *const paths[] = { "etc/pm/wiring.lua", "etc/pm",
		"etc" };
	char path[128];

	(void)state;
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", root, paths[i]);
		remove(path);
	}
	return rmdir(root);
}

/*
 * Runs `run` in a child with PM_STATUS_FD; its exit code, and what it told
 * the supervisor and said on stderr.
 */
static char told[1024], said[1024];

static size_t take(int fd, char *out, size_t size)
{
	ssize_t n = io_read_all(fd, out, size - 1);

	close(fd);
	out[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

static int in_child(int (*run)(void))
{
	int status_pipe[2], text_pipe[2], status;
	char number[16];
	pid_t pid;

	assert_int_equal(pipe(status_pipe), 0);
	assert_int_equal(pipe(text_pipe), 0);
	pid = fork();
	if (pid == 0) {
		snprintf(number, sizeof(number), "%d", status_pipe[1]);
		setenv("PM_STATUS_FD", number, 1);
		close(status_pipe[0]);
		dup2(text_pipe[1], 2);
		dup2(text_pipe[1], 1);
		_exit(run());
	}
	close(status_pipe[1]);
	close(text_pipe[1]);
	take(status_pipe[0], told, sizeof(told));
	take(text_pipe[0], said, sizeof(said));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
		-WTERMSIG(status);
}

static int begin_with(char *name, const struct process **p)
{
	char *argv[] = { (char *)(uintptr_t)"mta", (char *)(uintptr_t)"--root",
		root, name, NULL };
	int code = -1;

	if (life_begin(&applet, name ? 4 : 3, argv, p, &code) < 0) {
		fflush(stdout);
		return code;
	}
	return 100;
}

static int begin(const char *name)
{
	const struct process *p;

	return begin_with((char *)(uintptr_t)name, &p);
}

static int begin_one(void) { return begin("one"); }
static int begin_nobody(void) { return begin("on"); }
static int begin_nothing(void) { return begin(NULL); }
static int begin_help(void) { return begin("--help"); }

static int begin_unwired(void)
{
	static const struct applet other = { .name = "filter",
		.role = &role };
	char *argv[] = { (char *)(uintptr_t)"filter",
		(char *)(uintptr_t)"one", (char *)(uintptr_t)"--root", root,
		NULL };
	const struct process *p;
	int code = -1;

	return life_begin(&other, 4, argv, &p, &code) < 0 ? code : 100;
}

static void a_process_is_found_or_named(void **state)
{
	(void)state;
	assert_int_equal(in_child(begin_one), 100);
	assert_int_equal(in_child(begin_nobody), 2);
	assert_string_equal(said, "pm mta: no process \"on\"; one of: one two "
		"three four\n");
	assert_int_equal(in_child(begin_nothing), 2);
	assert_string_equal(said, "pm mta: which process? one of: one two "
		"three four (normally `pm supervise` starts them)\n");
	assert_int_equal(in_child(begin_help), 0);
	assert_string_equal(said, "the manual\n");
	assert_int_equal(in_child(begin_unwired), 2);
	assert_string_equal(said, "pm filter: this appliance has no role "
		"\"filter\" (etc/pm/wiring.lua: roles); add it with pm "
		"setup\n");
}

static int tell_all(void)
{
	int code = begin("one");

	life_ready();
	life_degraded("DNS\nis away");
	life_degraded("DNS is away");
	life_degraded("clamd is away");
	life_degraded("");
	life_degraded(NULL);
	return code;
}

static void the_supervisor_hears_lines(void **state)
{
	(void)state;
	assert_int_equal(in_child(tell_all), 100);
	assert_string_equal(told, "ready\ndegraded DNS is away\n"
		"degraded clamd is away\nwell\n");
}

static int with_wrong_fd(void)
{
	setenv("PM_STATUS_FD", "9x", 1);
	return begin("one");
}

static int inherits(void)
{
	int fd = (int)strtol(getenv("PM_STATUS_FD"), NULL, 10);

	begin("one");
	return getenv("PM_STATUS_FD") == NULL &&
		(fcntl(fd, F_GETFD) & FD_CLOEXEC) ? 0 : 1;
}

static void the_status_descriptor_goes_no_further(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_wrong_fd), 2);
	assert_string_equal(said, "pm mta: PM_STATUS_FD is not an open "
		"descriptor\n");
	assert_int_equal(in_child(inherits), 0);
}

static int dies_with_parent(void)
{
	int signo = 0;

	if (begin("one") != 100)
		return 1;
	life_drop_power(&processes[0]);
	prctl(PR_GET_PDEATHSIG, &signo);
	return signo == SIGKILL ? 0 : 2;
}

/* setuid makes the kernel forget it: it must be there afterwards. */
static void it_dies_with_the_supervisor(void **state)
{
	(void)state;
	assert_int_equal(in_child(dies_with_parent), 0);
}

static int supervisor_gone(void)
{
	int p[2];
	char number[16];

	if (pipe(p) < 0)
		return 1;
	close(p[0]);
	snprintf(number, sizeof(number), "%d", p[1]);
	setenv("PM_STATUS_FD", number, 1);
	return begin("one");
}

static void it_does_not_outlive_a_supervisor_gone_before(void **state)
{
	(void)state;
	assert_int_equal(in_child(supervisor_gone), 3);
	assert_string_equal(said, "fatal: the supervisor is gone\n");
}

static int drop(void)
{
	struct rlimit core;

	life_drop_power(&processes[0]);
	life_rlimits(&(struct life_rlimits){ .nofile = 33 });
	getrlimit(RLIMIT_CORE, &core);
	if (getuid() == 0 || geteuid() == 0 || setuid(0) == 0 ||
	    setgid(0) == 0)
		return 1;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 2;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 3;
	for (int cap = 0; cap < 41; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			return 4;
	return core.rlim_max == 0 ? 0 : 5;
}

static int drop_to_unknown_user(void)
{
	life_drop_power(&processes[1]);
	return 0;
}

static int drop_to_unknown_group(void)
{
	life_drop_power(&processes[3]);
	return 0;
}

static int drop_nothing(void)
{
	life_drop_power(&processes[2]);
	return getuid() == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ?
		0 : 1;
}

static void power_is_given_up_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(drop), 0);
	assert_int_equal(in_child(drop_to_unknown_user), 3);
	assert_string_equal(said, "fatal: user \"no-such-user\": no such "
		"user; run pm setup as root to make it\n");
	assert_int_equal(in_child(drop_to_unknown_group), 3);
	assert_string_equal(said, "fatal: group \"no-such-group\": no such "
		"group; run pm setup as root to make it\n");
	assert_int_equal(in_child(drop_nothing), 0);
}

static int limits(void)
{
	struct rlimit l;

	life_rlimits(&(struct life_rlimits){ .nofile = 40, .fsize = 1000 });
	life_rlimits(&(struct life_rlimits){ .nofile = 80 });
	getrlimit(RLIMIT_NOFILE, &l);
	if (l.rlim_max != 40 || l.rlim_cur != 40)
		return 1;
	getrlimit(RLIMIT_FSIZE, &l);
	return l.rlim_max == 1000 ? 0 : 2;
}

static void limits_only_fall(void **state)
{
	(void)state;
	assert_int_equal(in_child(limits), 0);
}

static int hear(void)
{
	char got[8] = { 0 };
	int fd = life_signals();

	if (read(fd, got, 1) != -1)
		return 1; /* it must not wait */
	kill(getpid(), SIGTERM);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGINT);
	return read(fd, got, sizeof(got)) == 3 &&
		strcmp(got, "THT") == 0 ? 0 : 2;
}

static void signals_are_bytes(void **state)
{
	(void)state;
	assert_int_equal(in_child(hear), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_found_or_named),
		cmocka_unit_test(the_supervisor_hears_lines),
		cmocka_unit_test(the_status_descriptor_goes_no_further),
		cmocka_unit_test(it_dies_with_the_supervisor),
		cmocka_unit_test(it_does_not_outlive_a_supervisor_gone_before),
		cmocka_unit_test(power_is_given_up_for_good),
		cmocka_unit_test(limits_only_fall),
		cmocka_unit_test(signals_are_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
