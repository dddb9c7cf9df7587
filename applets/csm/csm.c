/*
 * pm csm: the Centralized Server Manager. In this version a record, so that
 * plans are judged.
 */
#include "base/applet.h"
#include "role/plan.h"

static const struct process csm_processes[] = {
	{ 0 },
};

static const struct listener csm_listeners[] = {
	{ "web", "18080" },
	{ 0 },
};

static const struct constraint csm_constraints[] = {
	{
		.row = 1, .kind = CONSTRAINT_TOGETHER, .other = "db",
		.why = "the Centralized Server Manager keeps everything in "
			"the Database Server",
		.remedy = "add \"db\" to roles, or name a database elsewhere "
			"(db.connection), or take out \"csm\"",
	}, {
		.row = 2, .kind = CONSTRAINT_BEFORE, .other = "*",
		.many_only = true,
		.why = "the Centralized Server Manager must answer before "
			"another appliance can be set up",
		.remedy = "set up and start the CSM's appliance first, or "
			"correct csm",
	}, {
		.row = 3, .kind = CONSTRAINT_BEFORE, .other = "filter",
		.many_only = true,
		.why = "a Mail Filter takes its policy from the Centralized "
			"Server Manager and its database, which must exist "
			"first",
		.remedy = "set up and start the appliance with csm and db "
			"first",
	}, {
		.row = 4, .kind = CONSTRAINT_BRINGS, .other = "mta",
		.many_only = true,
		.why = "the Centralized Server Manager of many appliances "
			"sends digests and notices itself",
		.remedy = "added \"mta\" to roles",
	},
	{ 0 },
};

static const struct role csm_role = {
	.title = "Centralized Server Manager",
	.processes = csm_processes,
	.listeners = csm_listeners,
	.constraints = csm_constraints,
};

const struct applet csm_applet = {
	.name = "csm",
	.summary = "steers all appliances of a site",
	.help =
		"usage: pm csm\n"
		"\n"
		"Steers many appliances: certificates, publications, the\n"
		"administrators' pages on port 18080. Not in this version:\n"
		"`pm setup` judges plans that have it, starting it is\n"
		"refused.\n",
	.main = plan_main_not_built,
	.role = &csm_role,
};
