/*
 * pm agent: what connects each appliance with its CSM. In this version a
 * record; an appliance that is a whole site needs none.
 */
#include "base/applet.h"
#include "role/plan.h"

static const struct process agent_processes[] = {
	{ 0 },
};

static const struct listener agent_listeners[] = {
	{ 0 },
};

static const struct constraint agent_constraints[] = {
	{ 0 },
};

static const struct role agent_role = {
	.title = "agent",
	.everywhere = true,
	.processes = agent_processes,
	.listeners = agent_listeners,
	.constraints = agent_constraints,
};

const struct applet agent_applet = {
	.name = "agent",
	.summary = "connects an appliance with its CSM",
	.help =
		"usage: pm agent\n"
		"\n"
		"Certificates, publications, status and the milter relay\n"
		"between appliances; runs on each by itself. Not in this\n"
		"version: starting it is refused.\n",
	.main = plan_main_not_built,
	.role = &agent_role,
};
