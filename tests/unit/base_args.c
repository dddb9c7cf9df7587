#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"

static struct given {
	bool json;
	const char *name;
	struct args_list ip;
	long long port;
} given;

/* Parses a command line; -1 with e when it is refused. */
static int parse(const char *const words[], struct args *args, struct err *e)
{
	static char copies[16][64];
	static char *argv[17];
	const struct args_option options[] = {
		{ "json", 'j', ARGS_FLAG, &given.json },
		{ "name", 0, ARGS_TEXT, &given.name },
		{ "ip", 'i', ARGS_LIST, &given.ip },
		{ "port", 'p', ARGS_NUMBER, &given.port },
		{ 0 },
	};
	int argc = 0;

	free(given.ip.v);
	given = (struct given){ 0 };
	for (; words[argc]; argc++) {
		memcpy(copies[argc], words[argc], strlen(words[argc]) + 1);
		argv[argc] = copies[argc];
	}
	argv[argc] = NULL;
	return args_parse(argc, argv, options, args, e);
}

#define PARSE(...) parse((const char *const[]){ "x", __VA_ARGS__, NULL }, \
	&args, &e)

static void test_good(void **state)
{
	struct args args;
	struct err e;

	(void)state;
	assert_int_equal(PARSE("a", "--json", "--name", "n", "b", "--ip=1",
		"-i", "2", "-p", "25"), 0);
	assert_true(given.json);
	assert_string_equal(given.name, "n");
	assert_int_equal(given.ip.n, 2);
	assert_string_equal(given.ip.v[1], "2");
	assert_int_equal(given.port, 25);
	assert_int_equal(args.n, 2);
	assert_string_equal(args.rest[1], "b");
	assert_string_equal(args.root, "/");
	assert_int_equal(PARSE("--name=", "--root", "/r", "-"), 0);
	assert_string_equal(given.name, "");
	assert_string_equal(args.root, "/r");
	assert_string_equal(args.rest[0], "-");
	assert_int_equal(PARSE("-h"), 0);
	assert_true(args.help);
}

/* Behind "--" everything is an operand. */
static void test_end_of_options(void **state)
{
	struct args args;
	struct err e;

	(void)state;
	assert_int_equal(PARSE("a", "--", "--json", "--", "-x"), 0);
	assert_false(given.json);
	assert_int_equal(args.n, 4);
	assert_string_equal(args.rest[1], "--json");
	assert_string_equal(args.rest[2], "--");
}

static void assert_refused(const char *const words[], const char *want)
{
	struct args args;
	struct err e;

	assert_int_equal(parse(words, &args, &e), -1);
	assert_string_equal(e.text, want);
}

#define REFUSED(want, ...) assert_refused((const char *const[]){ "x", \
	__VA_ARGS__, NULL }, want)

static void test_bad(void **state)
{
	(void)state;
	REFUSED("unknown option --jsn: did you mean --json?", "--jsn");
	REFUSED("unknown option --nam=x: did you mean --name?", "--nam=x");
	REFUSED("unknown option --rot: did you mean --root?", "--rot", "/");
	REFUSED("unknown option --wholly-different: see --help",
		"--wholly-different");
	REFUSED("unknown option -jp: did you mean --ip?", "-jp");
	REFUSED("--json takes no value", "--json=1");
	REFUSED("--name needs a value", "--name");
	REFUSED("--port takes a whole number, not \"-1\"", "--port", "-1");
	REFUSED("--port takes a whole number, not \"9223372036854775808\"",
		"--port", "9223372036854775808");
	REFUSED("unknown option --a\\x0ab: see --help", "--a\nb");
}

static void test_nearest(void **state)
{
	const char *const names[] = { "listen", "roles", "resolver" };

	(void)state;
	assert_string_equal(args_nearest(SPAN("lisen"), names, 3), "listen");
	assert_string_equal(args_nearest(SPAN("role"), names, 3), "roles");
	assert_string_equal(args_nearest(SPAN("listen"), names, 3), "listen");
	assert_null(args_nearest(SPAN("zzzzzz"), names, 3));
	assert_null(args_nearest(SPAN(""), names, 3));
	assert_null(args_nearest(SPAN("this name is longer than any name of "
		"ours could be"), names, 3));
	assert_null(args_nearest(SPAN("x"), names, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_end_of_options),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_nearest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
