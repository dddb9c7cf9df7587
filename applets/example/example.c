/*
 * pm example: the smallest complete applet, to be copied. It greets.
 *
 * Copy this folder to applets/NAME/, rename the file to NAME.c and the
 * record to NAME_applet: the Makefile finds it, `pm` lists it, `pm help
 * NAME` prints its manual. Nothing else has to be edited. (This one is
 * compiled by the tests and left out of pm.)
 */
#include <stdio.h>

#include "base/applet.h"	/* the record at the end */
#include "base/args.h"		/* the command line */
#include "base/root.h"		/* --root */

/* Does the work. Out-parameters and struct err come last; 0 or -1. */
static int greet(const char *whom, bool loudly, struct err *e)
{
	/* One sentence: what, where, what to do. No newline. */
	if (whom[0] == 0)
		return err_set(e, ERR_PERMANENT,
			"--whom is empty: give a name");
	printf("Hello, %s%s\n", whom, loudly ? "!" : ".");
	return 0;
}

/* argv[0] is the applet's name. The result is the exit code. */
static int example_main(int argc, char **argv)
{
	const char *whom = "world";
	bool loudly = false;
	const struct args_option options[] = {
		/* Each option once: its name, letter, kind and place. */
		{ "whom", 'w', ARGS_TEXT, &whom },
		{ "loudly", 0, ARGS_FLAG, &loudly },
		{ 0 },
	};
	struct args args;
	struct err e;

	/* Strict: an unknown option names the nearest known one. */
	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("example", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "example", NULL });
	/* From here on every path of ours is relative to the root. */
	if (root_enter(args.root, NULL, &e) < 0)
		return err_report("example", &e);
	/* Prints "pm example: …" and gives 2, or 3 when it may be retried. */
	if (greet(whom, loudly, &e) < 0)
		return err_report("example", &e);
	return EXIT_DONE;
}

/* Everything else is derived from this record. */
const struct applet example_applet = {
	.name = "example",
	.summary = "the smallest complete applet: copy it",
	.help =
		"usage: pm example [--whom NAME] [--loudly]\n"
		"\n"
		"Greets NAME, or the world.\n",
	.main = example_main,
	/* .role: only for an applet whose processes pm supervise starts. */
};
