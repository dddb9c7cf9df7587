/*
 * pm enduser: the End User web interface. In this version a record, so that
 * plans are judged.
 */
#include "base/applet.h"
#include "role/plan.h"

static const struct process enduser_processes[] = {
	{ 0 },
};

static const struct listener enduser_listeners[] = {
	{ "web", "28443" },
	{ 0 },
};

static const struct constraint enduser_constraints[] = {
	{
		.row = 5, .kind = CONSTRAINT_TOGETHER, .other = "groups",
		.why = "the End User and Groups web interfaces come together",
		.remedy = "add \"groups\" to roles, or take out \"enduser\"",
	}, {
		.row = 10, .kind = CONSTRAINT_BESIDE, .warning = true,
		.other = "db", .mailboxes = 5000,
		.why = "the End User web interface of more than 5,000 "
			"mailboxes slows the Database Server beside it",
		.remedy = "put \"enduser\" and \"groups\" on another "
			"appliance",
	},
	{ 0 },
};

static const struct role enduser_role = {
	.title = "End User web interface",
	.processes = enduser_processes,
	.listeners = enduser_listeners,
	.constraints = enduser_constraints,
};

const struct applet enduser_applet = {
	.name = "enduser",
	.summary = "pages for end users: their quarantine and senders",
	.help =
		"usage: pm enduser\n"
		"\n"
		"The pages of end users, on port 28443. Not in this version:\n"
		"`pm setup` judges plans that have it, starting it is\n"
		"refused.\n",
	.main = plan_main_not_built,
	.role = &enduser_role,
};
