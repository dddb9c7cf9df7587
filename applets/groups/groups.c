/*
 * pm groups: the Groups web interface. In this version a record, so that
 * plans are judged.
 */
#include "base/applet.h"
#include "role/plan.h"

static const struct process groups_processes[] = {
	{ 0 },
};

static const struct listener groups_listeners[] = {
	{ "web", "28444" },
	{ 0 },
};

static const struct constraint groups_constraints[] = {
	{
		.row = 5, .kind = CONSTRAINT_TOGETHER, .other = "enduser",
		.why = "the Groups and End User web interfaces come together",
		.remedy = "add \"enduser\" to roles, or take out \"groups\"",
	},
	{ 0 },
};

static const struct role groups_role = {
	.title = "Groups web interface",
	.processes = groups_processes,
	.listeners = groups_listeners,
	.constraints = groups_constraints,
};

const struct applet groups_applet = {
	.name = "groups",
	.summary = "pages for administrators of groups",
	.help =
		"usage: pm groups\n"
		"\n"
		"The pages of group administrators, on port 28444. Not in\n"
		"this version: `pm setup` judges plans that have it, starting\n"
		"it is refused.\n",
	.main = plan_main_not_built,
	.role = &groups_role,
};
