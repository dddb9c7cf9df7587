/*
 * pm selftest: proves on this very host that what we rely on holds.
 */
#include <stdio.h>

#include "base/applet.h"
#include "base/args.h"
#include "role/sandbox.h"

static const struct {
	enum sandbox_profile profile;
	const char *name;
} profiles[] = {
	{ SANDBOX_FRONT, "front" },
	{ SANDBOX_ZYGOTE, "zygote" },
	{ SANDBOX_SCANNER, "scanner" },
	{ SANDBOX_BROKER, "broker" },
	{ SANDBOX_RECORDER, "recorder" },
	{ SANDBOX_ARCHIVER, "archiver" },
	{ SANDBOX_LOGREADER, "logreader" },
	{ SANDBOX_LEARNER, "learner" },
	{ SANDBOX_INJECTOR, "injector" },
	{ SANDBOX_SIGNER, "signer" },
	{ SANDBOX_DELAY, "delay" },
	{ SANDBOX_WEB, "web" },
	{ SANDBOX_WEB_WORKER, "web-worker" },
	{ SANDBOX_WEB_ALONE, "web-alone" },
	{ SANDBOX_LOGIN, "login" },
	{ SANDBOX_VIEWER, "viewer" },
	{ SANDBOX_WATCH, "watch" },
	{ SANDBOX_DIRECTORY, "ldap" },
};

static int unknown_profile(const char *name)
{
	fprintf(stderr, "pm selftest: no profile \"%s\"; one of:", name);
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		fprintf(stderr, " %s", profiles[i].name);
	fputs("\n", stderr);
	return EXIT_USAGE;
}

/* Every profile, or the one that was named: TAP on stdout. */
static int selftest_sandbox(const char *only)
{
	unsigned count = 0;
	int failures = 0;
	bool known = false;

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (only && !span_is(span_of(only), profiles[i].name))
			continue;
		known = true;
		failures += sandbox_selftest(profiles[i].profile,
			profiles[i].name, &count);
	}
	if (!known)
		return unknown_profile(only);
	printf("1..%u\n", count);
	if (failures)
		fprintf(stderr, "pm selftest: %d of %u attempts were not "
			"answered as they must be: do not run mail on this "
			"host\n", failures, count);
	return failures ? EXIT_NO : EXIT_DONE;
}

static int selftest_main(int argc, char **argv)
{
	struct args args;
	struct err e;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("selftest", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "selftest", NULL });
	if (args.n < 1 || args.n > 2 ||
	    !span_is(span_of(args.rest[0]), "sandbox")) {
		fputs("pm selftest: which test? usage: pm selftest sandbox "
			"[PROFILE]\n", stderr);
		return EXIT_USAGE;
	}
	return selftest_sandbox(args.n == 2 ? args.rest[1] : NULL);
}

const struct applet selftest_applet = {
	.name = "selftest",
	.summary = "proves that the sandboxes hold on this host",
	.help =
		"usage: pm selftest sandbox [PROFILE]\n"
		"\n"
		"Enters the sandbox of each process (or of PROFILE, which is\n"
		"its name: scanner, web, ...) and tries to break out: files,\n"
		"sockets, programs, other processes, mounts, threads,\n"
		"executable memory, the doors of other processor modes.\n"
		"Prints one TAP line an attempt.\n"
		"Works as root and as anybody.\n"
		"\n"
		"Exit code 0: everything was answered as it must be; 1: not.\n",
	.main = selftest_main,
};
