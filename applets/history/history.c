/*
 * pm history: the Sender History. In this version a record, so that plans
 * are judged.
 */
#include "base/applet.h"
#include "role/plan.h"

static const struct process history_processes[] = {
	{ 0 },
};

static const struct listener history_listeners[] = {
	{ "postgres TLS", "5433" },
	{ 0 },
};

static const struct constraint history_constraints[] = {
	{
		.row = 8, .kind = CONSTRAINT_BESIDE, .warning = true,
		.other = "*",
		.why = "the Sender History works best on an appliance of its "
			"own",
		.remedy = "put \"history\" on another appliance",
	}, {
		.row = 8, .kind = CONSTRAINT_BESIDE, .warning = true,
		.other = "db",
		.why = "the Sender History beside the Database Server: each "
			"message asks and writes it, and both databases "
			"contend for disk and memory",
		.remedy = "put \"history\" on another appliance",
	},
	{ 0 },
};

static const struct role history_role = {
	.title = "Sender History",
	.data = "what is known of senders",
	.processes = history_processes,
	.listeners = history_listeners,
	.constraints = history_constraints,
};

const struct applet history_applet = {
	.name = "history",
	.summary = "remembers senders for all filters of a site",
	.help =
		"usage: pm history\n"
		"\n"
		"Remembers senders for all filters, on port 5433. Not in\n"
		"this version: `pm setup` judges plans that have it, starting\n"
		"it is refused.\n",
	.main = plan_main_not_built,
	.role = &history_role,
};
