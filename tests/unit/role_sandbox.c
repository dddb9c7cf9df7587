/*
 * role/sandbox.c: Landlock lets exactly the named folders through; a zygote
 * forks, its child enters the stricter program; what breaks out is found.
 * (The attempts against each profile are those of pm selftest sandbox.)
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "role/sandbox.h"

static char root[] = "/tmp/pm-sandbox-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(root) && chdir(root) == 0 && mkdir("rw", 0700) == 0 &&
		mkdir("rw/a", 0700) == 0 && mkdir("rw2", 0700) == 0 &&
		mkdir("ro", 0700) == 0 && mkdir("no", 0700) == 0 &&
		io_replace_file("ro/f", 0600, SPAN("x"), NULL) == 0 &&
		io_replace_file("no/f", 0600, SPAN("x"), NULL) == 0 &&
		io_replace_file("one", 0600, SPAN("x"), NULL) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const left[] = { "rw2/g", "rw/s", "rw/a", "rw",
		"rw2", "ro/f", "ro", "no/f", "no", "one" };

	(void)state;
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		remove(left[i]);
	return chdir("/") == 0 ? rmdir(root) : -1;
}

static int in_child(int (*run)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(run());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool refused(int result)
{
	return result < 0 && (errno == EACCES || errno == EXDEV);
}

static int try_paths(void)
{
	static const struct sandbox_path paths[] = { { "rw", SANDBOX_WRITE },
{ "rw2", SANDBOX_WRITE },
		{ "ro", SANDBOX_READ },
		{ "one", SANDBOX_READ },
		{ 0 } };
	struct err e;
	int result = sandbox_paths(paths, &e);

	if (result != 0)
		return result > 0 ? 77 : 1;
	if (io_replace_file("rw/a/f", 0600, SPAN("y"), &e) < 0)
		return 2;
	if (rename("rw/a/f", "rw2/g") < 0)
		return 3; /* tmp to new: the spool lives by it */
	if (open("rw2/g", O_RDWR | O_TRUNC) < 0)
		return 4;
	if (open("ro/f", O_RDONLY) < 0 || open("one", O_RDONLY) < 0)
		return 5;
	if (!refused(open("ro/f", O_WRONLY)) || !refused(unlink("ro/f")) ||
	    !refused(open("ro/f", O_RDONLY | O_TRUNC)))
		return 6;
	if (!refused(open("ro/new", O_WRONLY | O_CREAT, 0600)))
		return 7;
	if (!refused(open("no/f", O_RDONLY)) ||
	    !refused(open("/etc/passwd", O_RDONLY)) ||
	    !refused(open(".", O_RDONLY)))
		return 8;
	if (!refused(rename("rw2/g", "no/g")) ||
	    !refused(symlink("x", "rw/s")) ||
	    !refused(open("one", O_WRONLY)))
		return 9;
	return 0;
}

static void only_the_named_paths_remain(void **state)
{
	int result = in_child(try_paths);

	(void)state;
	if (result == 77)
		skip(); /* no Landlock in this kernel */
	assert_int_equal(result, 0);
}

static int try_missing_path(void)
{
	static const struct sandbox_path paths[] = {
		{ "missing", SANDBOX_WRITE },
		{ 0 } };
	struct err e;

	switch (sandbox_paths(paths, &e)) {
	case 1:
		return 77;
	case -1:
		return span_is(span_of(e.text), "missing: cannot be allowed "
			"to the sandbox: No such file or directory") ? 0 : 2;
	default:
		return 1;
	}
}

static void a_missing_path_is_an_error(void **state)
{
	int result = in_child(try_missing_path);

	(void)state;
	if (result == 77)
		skip();
	assert_int_equal(result, 0);
}

/* As the filter does it: restricted zygote, compiled program, child. */
static int run_zygote(void)
{
	struct sandbox_program *program;
	struct err e;
	int pair[2], status;
	char c = 'x';
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		return 1;
	program = sandbox_compile(SANDBOX_SCANNER, &e);
	if (program == NULL || sandbox_paths(NULL, &e) < 0 ||
	    sandbox_calls(SANDBOX_ZYGOTE, &e) < 0)
		return 2;
	pid = fork();
	if (pid == 0) {
		if (sandbox_enter(program) < 0)
			_exit(3);
		if (write(pair[1], &c, 1) != 1)
			_exit(4);
		fork(); /* the zygote may, its child not */
		_exit(5);
	}
	if (read(pair[0], &c, 1) != 1 || waitpid(pid, &status, 0) != pid)
		return 6;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? 0 : 7;
}

static void a_child_of_the_zygote_has_less(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_zygote), 0);
}

static int run_abort(void)
{
	struct err e;

	if (sandbox_calls(SANDBOX_SCANNER, &e) < 0)
		return 1;
	abort();
}

static void abort_is_still_abort(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_abort), -SIGABRT);
}

/* A failing self-test must be seen: front is no scanner. */
static int run_selftest(void)
{
	unsigned count = 0;
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDOUT_FILENO);
	if (sandbox_selftest(SANDBOX_SCANNER, "scanner", &count) != 0)
		return 1;
	if (count < 15)
		return 2;
	/* With a socket already refused to all of us, a profile that may
	   have one no longer works: a failure. */
	if (sandbox_calls(SANDBOX_ZYGOTE, NULL) < 0)
		return 3;
	return sandbox_selftest(SANDBOX_RECORDER, "recorder", &count) > 0 ?
		0 : 4;
}

static void the_selftest_can_fail(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_selftest), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_named_paths_remain),
		cmocka_unit_test(a_missing_path_is_an_error),
		cmocka_unit_test(a_child_of_the_zygote_has_less),
		cmocka_unit_test(abort_is_still_abort),
		cmocka_unit_test(the_selftest_can_fail),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
