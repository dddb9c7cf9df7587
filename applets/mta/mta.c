/*
 * pm mta: the Mail Transfer Agent role.
 */
#include "base/applet.h"
#include "role/plan.h"

static const struct process mta_processes[] = {
	{ 0 },
};

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
	.processes = mta_processes,
	.listeners = mta_listeners,
	.constraints = mta_constraints,
};

const struct applet mta_applet = {
	.name = "mta",
	.summary = "the Mail Transfer Agent",
	.help =
		"usage: pm mta PROCESS\n"
		"\n"
		"A private Postfix that takes mail and delivers it.\n",
	.main = plan_main_not_built,
	.role = &mta_role,
};
