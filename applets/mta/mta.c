/*
 * pm mta: the Mail Transfer Agent role.
 */
#include <stdio.h>
#include <string.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/root.h"
#include "check.h"
#include "deliver.h"
#include "injector.h"
#include "jobs.h"
#include "logreader.h"
#include "master.h"
#include "role/life.h"

enum { WORDS_MAX = 8 };

static const struct process mta_processes[] = {
	{
		.name = "master", .run = master_run,
		.ready_ms = 20000, .stop_ms = 12000,
		.without = "no mail is taken or delivered",
	}, {
		.name = "injector", .run = injector_run,
		.user = "pm-inj", .needs = "master",
		.ready_ms = 5000, .stop_ms = 5000,
		.without = "released mail and copies wait in the spool",
	}, {
		.name = "jobs", .run = jobs_run,
		.user = "pm-inj", .groups = "pm-body",
		.ready_ms = 15000, .stop_ms = 15000,
		.without = "mail that people release from the database waits",
	}, {
		.name = "logreader", .run = logreader_run,
		.user = "pm-rec", .groups = LOG_GROUP,
		.ready_ms = 5000, .stop_ms = 15000,
		.without = "what becomes of mail is not seen in pages and "
			"pm log",
	},
	{ 0 },
};

extern const struct applet mta_applet;

static const struct listener mta_listeners[] = {
	{ "SMTP", "25" },
	{ "re-injection", "127.0.0.1:10026" },
	{ 0 },
};

static const struct constraint mta_constraints[] = {
	{
		.row = 6, .kind = CONSTRAINT_ONE_KIND,
		.other = "postfix sendmail external",
		.why = "an appliance has exactly one kind of MTA",
		.remedy = "set mta.kind to \"postfix\", \"sendmail\" or "
			"\"external\"",
	}, {
		.row = 11, .kind = CONSTRAINT_LOOPBACK, .other = "filter",
		.why = "an MTA with no filter wired takes mail from this "
			"appliance only",
		.remedy = "add \"filter\" to roles, or listen on loopback "
			"(mta.listen = { \"127.0.0.1:25\" })",
	},
	{ 0 },
};

static const struct role mta_role = {
	.title = "Mail Transfer Agent",
	.built = true,
	.users = "pm-mail",
	.processes = mta_processes,
	.listeners = mta_listeners,
	.constraints = mta_constraints,
	.restart = { .threshold_s = 60, .delay_s = 2, .retries = 5 },
};

/* pm mta check [--root DIR] */
static int mta_check(int argc, char **argv)
{
	struct args args;
	struct err e;

	if (args_parse(argc, argv, NULL, &args, &e) < 0 ||
	    root_enter(args.root, NULL, &e) < 0)
		return err_report("mta", &e);
	return check_run();
}

/* Is it `pm mta WORD`, with --root DIR anywhere? argv stays as it is. */
static bool is_word(int argc, char **argv, const char *word)
{
	char *copy[WORDS_MAX + 1] = { NULL };
	struct args args;
	struct err e;

	if (argc > WORDS_MAX)
		return false;
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	return args_parse(argc, copy, NULL, &args, &e) == 0 && !args.help &&
		args.n == 1 && strcmp(args.rest[0], word) == 0;
}

static int mta_main(int argc, char **argv)
{
	const struct process *p;
	int code;

	if (argc > 1 && strcmp(argv[1], "deliver") == 0)
		return deliver_main(argc - 1, argv + 1);
	if (is_word(argc, argv, "check"))
		return mta_check(argc, argv);
	if (life_begin(&mta_applet, argc, argv, &p, &code) < 0)
		return code;
	return p->run(p);
}

const struct applet mta_applet = {
	.name = "mta",
	.summary = "takes mail and delivers it: a private Postfix",
	.help =
		"usage: pm mta check [--root DIR]\n"
		"       pm mta PROCESS [--root DIR]\n"
		"\n"
		"Runs a Postfix of its own (Debian's package, apart from the\n"
		"host's instance) from etc/pm/wiring.lua: mail for the\n"
		"domains goes to var/lib/pm/mail/DOMAIN/USER/Maildir, other\n"
		"mail to relay_host or by MX. Its files in etc/pm/postfix are\n"
		"written anew at each start. Released mail comes back\n"
		"through a second listener (mta.reinject), on loopback only,\n"
		"which is not filtered.\n"
		"\n"
		"check compares Postfix's settings with what they must be and\n"
		"says what to do: exit 0 all right, 1 deviations.\n"
		"\n"
		"The kinds sendmail and external are not in this version.\n",
	.main = mta_main,
	.role = &mta_role,
};
