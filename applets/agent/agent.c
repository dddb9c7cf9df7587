/*
 * pm agent: what every appliance has, whatever its roles: the watch that
 * raises alarms, the scheduler of jobs. What connects an appliance with its
 * CSM is not in this version.
 */
#include "agent.h"

#include "role/life.h"

static const struct process agent_processes[] = {
	{
		.name = "watch", .run = watch_run,
		.user = "pm-agent",
		.ready_ms = 30000, .stop_ms = 8000,
		.without = "nobody is told when something goes wrong; mail is "
			"not affected",
	},
	{
		/* Jobs have users of their own, which only root can become. */
		.name = "scheduler", .run = scheduler_run,
		.ready_ms = 30000, .stop_ms = 15000, .reload_ms = 5000,
		.without = "no job is done; mail is not affected",
	},
	{ 0 },
};

static const struct listener agent_listeners[] = {
	{ "orders of pages", AGENT_JOBS_SOCKET },
	{ 0 },
};

static const struct constraint agent_constraints[] = {
	{ 0 },
};

static const struct role agent_role = {
	.title = "Agent",
	.built = true,
	.everywhere = true,
	.processes = agent_processes,
	.listeners = agent_listeners,
	.constraints = agent_constraints,
	.restart = { .threshold_s = 10, .delay_s = 1, .retries = 10 },
};

extern const struct applet agent_applet;

static int agent_main(int argc, char **argv)
{
	const struct process *p;
	int code;

	if (life_begin(&agent_applet, argc, argv, &p, &code) < 0)
		return code;
	return p->run(p);
}

const struct applet agent_applet = {
	.name = "agent",
	.summary = "watches an appliance: alarms; does its jobs in time",
	.help =
		"usage: pm agent watch | scheduler [--root DIR]\n"
		"\n"
		"Runs on each appliance by itself; normally `pm supervise`\n"
		"starts them.\n"
		"\n"
		"watch      finds what is wrong each second: what processes\n"
		"           say of themselves, what the supervisor knows of\n"
		"           them, the disk, the database. It keeps the alarms\n"
		"           in var/lib/pm/alarms (they work without a\n"
		"           database), shows them in the database for the\n"
		"           pages, writes them to the log, and tells the\n"
		"           webhook and the addresses that the wiring names\n"
		"           (alarms). pm alarm lists them.\n"
		"scheduler  starts `pm job run NAME` when a job is due, once\n"
		"           for what was missed. It is root, so that each job\n"
		"           can have a user of its own; it reads nothing but\n"
		"           root's own files, and talks to no network.\n"
		"           pm help job says more.\n"
		"\n"
		"What connects an appliance with its CSM (certificates,\n"
		"publications, the milter relay) is not in this version.\n",
	.main = agent_main,
	.role = &agent_role,
};
