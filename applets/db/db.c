/*
 * pm db: the Database Server, a private PostgreSQL; its standby and the
 * monitor of a replicated one are records, so that plans are judged.
 */
#include <stdio.h>
#include <string.h>

#include "base/applet.h"
#include "base/args.h"
#include "command.h"
#include "keeper.h"
#include "postgres.h"
#include "role/life.h"
#include "role/plan.h"
#include "tune.h"

#define MONITOR_WHY "the monitor decides which database is alive and must " \
	"not fall together with one"
#define MONITOR_REMEDY "put \"monitor\" on an appliance without a database"

enum { NAMES_MAX = 16 };

static const char *const db_also[] = { "standby", "monitor", NULL };

static const struct process db_processes[] = {
	{
		/* Recovery of what was written last may take its time. */
		.name = "postgres", .run = postgres_run,
		.user = "pm-db",
		.ready_ms = 3600000, .stop_ms = 30000,
		.without = "kept mail waits in the spool; pages and searches "
			"do not work",
	}, {
		.name = "keeper", .run = keeper_run,
		.user = "pm-db", .needs = "postgres",
		.ready_ms = 3600000, .stop_ms = 5000,
		.without = "nothing expires, and after a week mail is stored "
			"outside the partitions",
	},
	{ 0 },
};

extern const struct applet db_applet;

static const struct listener db_listeners[] = {
	{ "postgres", "run/pm/db" },
	{ "postgres TLS, for other appliances (db.listen)", "5432" },
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
	.built = true,
	.later = "standby monitor",
	.data = "the message log, the quarantine, lists and users",
	.processes = db_processes,
	.listeners = db_listeners,
	.constraints = db_constraints,
	.restart = { .threshold_s = 10, .delay_s = 1, .retries = 10 },
};

/* What people call; the processes are the supervisor's. */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "psql", command_psql }, { "dump", command_dump },
	{ "load", command_load }, { "make", command_make },
	{ "archive", command_archive }, { "base", command_base },
	{ "recover", command_recover },
	{ "wal-keep", command_wal_keep }, { "wal-fetch", command_wal_fetch },
	{ "migrate", command_migrate },
	{ "status", command_status },
};

/* The first operand; options may stand before it. NULL: none. */
static const char *find_word(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--root") == 0)
			i++;
		else if (argv[i][0] != '-')
			return argv[i];
	}
	return NULL;
}

/* A word that is neither command nor process. */
static bool is_unknown(const char *word)
{
	const char *names[NAMES_MAX] = { "tune" };
	size_t n = 1;
	const char *near;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		names[n++] = commands[i].name;
	for (const struct process *p = db_processes; p->name; p++)
		names[n++] = p->name;
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, names[i]) == 0)
			return false;
	near = args_nearest(span_of(word), names, n);
	fprintf(stderr, "pm db: no command or process \"%s\"%s%s%s\n", word,
		near ? ": did you mean \"" : ": see pm help db",
		near ? near : "", near ? "\"?" : "");
	return true;
}

static int db_main(int argc, char **argv)
{
	const char *word = find_word(argc, argv);
	const struct process *p;
	int code;

	if (!applet_is_built(&db_applet, argv[0]))
		return plan_main_not_built(argc, argv);
	if (tune_is_asked(argc, argv))
		return tune_main(argc, argv);
	for (size_t i = 0; word && i < sizeof(commands) / sizeof(*commands);
	     i++)
		if (strcmp(word, commands[i].name) == 0)
			return commands[i].run(argc, argv);
	if (word && is_unknown(word))
		return EXIT_USAGE;
	if (life_begin(&db_applet, argc, argv, &p, &code) < 0)
		return code;
	return p->run(p);
}

const struct applet db_applet = {
	.name = "db",
	.also = db_also,
	.summary = "keeps the message log, quarantine and users (PostgreSQL)",
	.help =
		"usage: pm db status | migrate [--from FOLDER]\n"
		"       pm db psql [-- ARGUMENTS OF PSQL]\n"
		"       pm db dump [--no-bodies] FILE | load FILE\n"
		"       pm db archive [on DIR | off | status] | base\n"
		"       pm db recover --until TIME\n"
		"       pm db tune [--check | --accept | --undo] [--yes]\n"
		"                  [--filters N] [--json]\n"
		"       all with [--root DIR]\n"
		"\n"
		"Keeps a PostgreSQL of its own (Debian's package, apart from\n"
		"the host's clusters) in var/lib/pm/db, reached through a\n"
		"socket in run/pm/db by this appliance's roles only, each\n"
		"with a login of its own. For other appliances it listens on\n"
		"port 5432 (db.listen in the wiring) by TLS: only a client\n"
		"certificate signed by etc/pm/db/ca.pem opens, and only the\n"
		"login that its name begins with (pm_recorder.mx2).\n"
		"Normally `pm supervise` starts its two processes: postgres,\n"
		"and the keeper, which brings the schema up to this version,\n"
		"makes and drops partitions, and adds the counters up.\n"
		"\n"
		"status   size, connections, how far back the log goes\n"
		"migrate  what the keeper does at its start, for a database\n"
		"         elsewhere (db.connection): brings its schema up.\n"
		"         --from takes the files NNNN_name.sql of a folder\n"
		"psql     PostgreSQL's own shell, as the owner of everything\n"
		"dump     writes the whole database to FILE, or to the\n"
		"         standard output for \"-\". Bodies stay sealed; who\n"
		"         is logged in is not in it; --no-bodies leaves\n"
		"         withheld messages themselves out\n"
		"load     replaces the whole database by what dump wrote,\n"
		"         once it is complete and of this version; before\n"
		"         that nothing changes. Everybody has to log in again\n"
		"archive  on DIR: PostgreSQL's log is kept in DIR, which is\n"
		"         best another machine's disk; off; status\n"
		"base     a copy of the cluster in that folder, to begin with\n"
		"recover  --until \"2026-11-23 14:05\" (UTC): the newest copy\n"
		"         from before takes the cluster's place, and the\n"
		"         next start goes on to that moment. Stop pm\n"
		"         supervise first; the old cluster is kept. pm\n"
		"         restore --until TIME is the same\n"
		"make     a new cluster from a dump on the standard input,\n"
		"         where there is none: pm restore does it\n"
		"tune     fits PostgreSQL's settings to the memory, cores and\n"
		"         disk of this host and to the number of filters:\n"
		"         shows what would change and why, asks, and writes\n"
		"         var/lib/pm/db/tuned.conf. What is not advised goes\n"
		"         into postgresql.conf.recommended beside it, for\n"
		"         --accept; a host that is too small is an error.\n"
		"         --check only shows, --yes does not ask, --undo puts\n"
		"         back what was before. Your own settings belong into\n"
		"         etc/pm/postgresql.conf: within the recommended\n"
		"         range they stay. Exit: 0 done, 1 something is left\n"
		"         to decide, 2 the host is too small.\n"
		"\n"
		"\"standby\" and \"monitor\" are its roles on other\n"
		"appliances, and are not in this version.\n",
	.main = db_main,
	.role = &db_role,
};
