/*
 * pm filter: the Mail Filter. Its processes are in files of their own; this
 * is the role's record.
 */
#include "base/applet.h"
#include "role/life.h"
#include "filter.h"

static const struct process filter_processes[] = {
	{
		.name = "zygote", .run = zygote_run,
		.user = "pm-scan",
		.ready_ms = 5000, .stop_ms = 2000,
		.without = "no message can be judged: the MTA answers 451 "
			"to all mail",
	}, {
		.name = "broker", .run = broker_run,
		.user = "pm-net",
		.ready_ms = 5000, .stop_ms = 2000,
		.without = "DNS and virus answers are \"later\": policy "
			"decides",
	}, {
		.name = "recorder", .run = recorder_run,
		.user = "pm-rec", .groups = "pm-inj",
		.ready_ms = 10000, .stop_ms = 5000,
		.without = "kept mail waits in the spool, unseen; none is "
			"lost",
	}, {
		.name = "archiver", .run = archiver_run,
		.user = "pm-rec", .groups = "pm-body",
		.ready_ms = 10000, .stop_ms = 5000,
		.without = "pages and reports do not show what comes in; "
			"nothing is lost",
	}, {
		.name = "learner", .run = learner_run,
		.user = "pm-rec", .groups = "pm-body",
		.ready_ms = 10000, .stop_ms = 5000,
		.without = "what people say of withheld mail is learnt "
			"later",
	}, {
		.name = "signer", .run = signer_run,
		.user = "pm-key",
		.ready_ms = 5000, .stop_ms = 2000, .reload_ms = 10000,
		.without = "outgoing mail that we sign is answered 451",
	}, {
		.name = "delay", .run = delay_run,
		.user = "pm-milt",
		.ready_ms = 5000, .stop_ms = 2000,
		.without = "delayed mail waits longer",
	}, {
		.name = "clamd", .run = clamd_run,
		.user = "pm-av",
		.ready_ms = 5000, .stop_ms = 10000,
		.without = "virus answers are \"later\": policy decides",
	}, {
		.name = "freshclam", .run = freshclam_run,
		.user = "pm-av",
		.ready_ms = 5000, .stop_ms = 5000, .reload_ms = 5000,
		.without = "the signatures of our own clamd grow old",
	}, {
		.name = "front", .run = front_run,
		.user = "pm-milt",
		.needs = "zygote broker recorder",
		.ready_ms = 15000, .stop_ms = 30000, .reload_ms = 10000,
		.without = "the MTA answers 451 to all mail",
	},
	{ 0 },
};

static const struct listener filter_listeners[] = {
	{ "milter", "run/pm/milter.sock" },
	{ "milter, optional, for MTAs elsewhere", "3366" },
	{ 0 },
};

static const struct constraint filter_constraints[] = {
	{
		.row = 7, .kind = CONSTRAINT_BESIDE, .warning = true,
		.other = "db",
		.why = "mail filtering and the database compete for the "
			"same processors and disk",
		.remedy = "put \"filter\" and \"db\" on appliances of their "
			"own when there is much mail",
	}, {
		.row = 9, .kind = CONSTRAINT_WITHOUT, .warning = true,
		.other = "mta",
		.why = "without an MTA beside it a Mail Filter cannot send "
			"copies and released mail itself",
		.remedy = "add \"mta\" to roles, or wire an MTA elsewhere to "
			"this filter",
	},
	{ 0 },
};

static const struct role filter_role = {
	.title = "Mail Filter",
	.built = true,
	.data = "mail in the spool and the quarantine on disk",
	.users = "pm-sign",
	.processes = filter_processes,
	.listeners = filter_listeners,
	.constraints = filter_constraints,
	.restart = { .threshold_s = 2, .delay_s = 1, .retries = 10 },
};

static int filter_main(int argc, char **argv)
{
	const struct process *p;
	int code;

	if (life_begin(&filter_applet, argc, argv, &p, &code) < 0)
		return code;
	return p->run(p);
}

const struct applet filter_applet = {
	.name = "filter",
	.summary = "judges mail that an MTA hands over by the milter protocol",
	.help =
		"usage: pm filter PROCESS [--root DIR]\n"
		"\n"
		"The Mail Filter: takes each message from the MTA, judges it\n"
		"in a sandbox by the published policy, and delivers,\n"
		"refuses or keeps it. It never lets mail through unjudged:\n"
		"when something is broken the MTA answers 451 and the sender\n"
		"tries again.\n"
		"\n"
		"Normally `pm supervise` starts its processes; `pm status`\n"
		"shows them. Signals: HUP to front reads the wiring and the\n"
		"active generation again (pm policy publish; one that cannot\n"
		"be used leaves the old one in force), TERM ends a process\n"
		"after the answers that are under way.\n",
	.main = filter_main,
	.role = &filter_role,
};
