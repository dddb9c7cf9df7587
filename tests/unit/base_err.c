#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/log.h"

static void test_err(void **state)
{
	static char much[2000];
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, ERR_PERMANENT, "%s:%d", "a\nb", 3), -1);
	assert_string_equal(e.text, "a\\x0ab:3");
	assert_int_equal(e.class, ERR_PERMANENT);
	errno = ENOENT;
	assert_int_equal(err_errno(&e, ERR_TEMPORARY, "file"), -1);
	assert_string_equal(e.text, "file: No such file or directory");
	assert_int_equal(err_set(NULL, ERR_BUG, "x"), -1);
	memset(much, 'x', sizeof(much) - 1);
	err_set(&e, ERR_BUG, "%s", much);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	memset(much, '\n', sizeof(much) - 1);
	err_errno(&e, ERR_BUG, "%s", much);
	assert_int_equal(strlen(e.text), (ERR_TEXT_MAX - 1) / 4 * 4);
}

/* Runs act with stderr in a pipe; its wait status, its text in out. */
static int run(void (*act)(void), char *out, size_t size)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		act();
		_exit(9);
	}
	close(fds[1]);
	n = io_read_all(fds[0], out, size - 1);
	out[n] = 0;
	close(fds[0]);
	waitpid(pid, &status, 0);
	return status;
}

static void say_much(void)
{
	static char much[10000];

	memset(much, 'y', sizeof(much) - 1);
	errno = EINTR;
	log_info("one %d", 1);
	if (errno != EINTR)
		_exit(1);
	log_warn("%s", "a\nb\x1b");
	log_error("%s", much);
}

static void end_fatally(void)
{
	log_fatal("no more");
}

static void panic(void)
{
	log_panic("impossible");
}

static void report_temporary(void)
{
	struct err e;

	err_set(&e, ERR_TEMPORARY, "busy");
	_exit(err_report("x", &e));
}

static void report_permanent(void)
{
	struct err e;

	err_set(&e, ERR_PERMANENT, "wrong");
	_exit(err_report("x", &e));
}

static void test_log(void **state)
{
	static char out[20000];
	const char *third;

	(void)state;
	assert_int_equal(WEXITSTATUS(run(say_much, out, sizeof(out))), 9);
	assert_memory_equal(out, "info: one 1\nwarn: a\\x0ab\\x1b\nerror: yy",
		38);
	third = strstr(out, "error:");
	assert_true(strlen(third) <= LOG_LINE_MAX);
	assert_ptr_equal(strchr(third, '\n'), third + strlen(third) - 1);
}

static void test_ends(void **state)
{
	char out[200];

	(void)state;
	assert_int_equal(WEXITSTATUS(run(end_fatally, out, sizeof(out))),
		EXIT_LATER);
	assert_string_equal(out, "fatal: no more\n");
	assert_int_equal(WTERMSIG(run(panic, out, sizeof(out))), SIGABRT);
	assert_string_equal(out, "panic: impossible\n");
	assert_int_equal(WEXITSTATUS(run(report_temporary, out,
		sizeof(out))), EXIT_LATER);
	assert_string_equal(out, "pm x: busy\n");
	assert_int_equal(WEXITSTATUS(run(report_permanent, out,
		sizeof(out))), EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_ends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
