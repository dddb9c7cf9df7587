/*
 * pm db: the Database Server, its standby and the monitor of a replicated
 * one. In this version a record, so that plans are judged.
 */
#include "base/applet.h"
#include "role/plan.h"
#include "tune.h"

#define MONITOR_WHY "the monitor decides which database is alive and must " \
	"not fall together with one"
#define MONITOR_REMEDY "put \"monitor\" on an appliance without a database"

static const char *const db_also[] = { "standby", "monitor", NULL };

static const struct process db_processes[] = {
	{ 0 },
};

static const struct listener db_listeners[] = {
	{ "postgres", "run/pm/db" },
	{ "postgres TLS", "5432" },
	{ 0 },
};

static const struct constraint db_constraints[] = {
	{
		.row = 1, .kind = CONSTRAINT_TOGETHER, .other = "csm",
		.why = "the Database Server is steered by the Centralized "
			"Server Manager on its own appliance",
		.remedy = "add \"csm\" to roles, or take out \"db\" (a second "
			"copy is the role \"standby\")",
	}, {
		.row = 1, .kind = CONSTRAINT_BESIDE, .of = "standby",
		.other = "db",
		.why = "a standby on the Database Server's own appliance "
			"falls together with it",
		.remedy = "put \"standby\" on another appliance",
	}, {
		.row = 1, .kind = CONSTRAINT_BESIDE, .of = "monitor",
		.other = "db",
		.why = MONITOR_WHY, .remedy = MONITOR_REMEDY,
	}, {
		.row = 1, .kind = CONSTRAINT_BESIDE, .of = "monitor",
		.other = "standby",
		.why = MONITOR_WHY, .remedy = MONITOR_REMEDY,
	},
	{ 0 },
};

static const struct role db_role = {
	.title = "Database Server",
	.data = "the message log, the quarantine, lists and users",
	.processes = db_processes,
	.listeners = db_listeners,
	.constraints = db_constraints,
};

static int db_main(int argc, char **argv)
{
	if (tune_is_asked(argc, argv))
		return tune_main(argc, argv);
	return plan_main_not_built(argc, argv);
}

const struct applet db_applet = {
	.name = "db",
	.also = db_also,
	.summary = "keeps the message log, quarantine and users (PostgreSQL)",
	.help =
		"usage: pm db tune [--check | --accept | --undo] [--yes]\n"
		"                  [--filters N] [--json] [--root DIR]\n"
		"\n"
		"tune  fits PostgreSQL's settings to the memory, cores and\n"
		"      disk of this host and to the number of filters: shows\n"
		"      what would change and why, asks, and writes\n"
		"      var/lib/pm/db/tuned.conf. What is not advised goes\n"
		"      into postgresql.conf.recommended beside it, for\n"
		"      --accept; a host that is too small is an error.\n"
		"      --check only shows, --yes does not ask, --undo puts\n"
		"      back what was before. Your own settings belong into\n"
		"      etc/pm/postgresql.conf: within the recommended range\n"
		"      they stay. Exit: 0 done, 1 something is left to\n"
		"      decide, 2 the host is too small.\n"
		"\n"
		"Owns a private PostgreSQL; \"standby\" and \"monitor\" are\n"
		"its roles on other appliances. Not in this version: `pm\n"
		"setup` judges plans that have it, starting it is refused.\n",
	.main = db_main,
	.role = &db_role,
};
