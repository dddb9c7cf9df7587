/*
 * pm db make: a new cluster from a dump, in a root that has none and in which
 * nothing runs. For pm restore, which gives it its place when it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/root.h"
#include "cluster.h"
#include "command.h"
#include "db/db.h"
#include "migrate.h"
#include "program.h"
#include "role/life.h"

enum { START_MS = 60000, STOP_MS = 60000, POLL_MS = 50 };

/* As the role of the records is; it only has a user here. */
static const struct process owner = { .name = "postgres", .user = "pm-db" };

static int await_start(pid_t pid, struct err *e)
{
	int64_t until = clock_ms() + START_MS;

	while (clock_left_ms(until)) {
		if (cluster_accepts(pid))
			return 0;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return err_set(e, ERR_TEMPORARY, "PostgreSQL ended at "
				"its start, and has said why above");
		clock_sleep_ms(POLL_MS);
	}
	return err_set(e, ERR_TEMPORARY, "PostgreSQL does not start");
}

/* A clean end: what was loaded is on disk then. */
static int stop(pid_t pid, struct err *e)
{
	int64_t until = clock_ms() + STOP_MS;
	int status;

	kill(pid, SIGINT);
	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (clock_left_ms(until) == 0) {
			kill(pid, SIGQUIT);
			waitpid(pid, &status, 0);
			return err_set(e, ERR_TEMPORARY, "PostgreSQL does not "
				"end");
		}
		clock_sleep_ms(POLL_MS);
	}
	return 0;
}

static int prepare(struct command *c, const char **postgres_r, struct err *e)
{
	if (access(CLUSTER_DATA, F_OK) == 0)
		return err_set(e, ERR_PERMANENT, CLUSTER_DATA " is there "
			"already");
	/* Role users come by here to the socket. */
	if (io_mkdirs(ROOT_RUN, 0755, e) < 0 || cluster_folders(&owner, e) < 0)
		return -1;
	life_drop_power(&owner);
	if (cluster_alone(e) < 0 || cluster_make(c->a, e) < 0)
		return -1;
	return cluster_configure(&owner, NULL, c->a, postgres_r, e);
}

/* A dump has no logins; the migrations make them. */
static int make_logins(struct command *c, struct err *e)
{
	struct db *d = db_new(command_database(c, "pm"), CLUSTER_OWNER,
		MIGRATE_DEADLINE_MS);
	struct migrations ours;
	unsigned done;
	int got = migrate_ours(c->a, &ours, e);

	if (got == 0)
		got = migrate_run(d, &ours, &done, e);
	db_free(&d);
	return got;
}

static int fill(struct command *c, int dump, struct err *e)
{
	char *argv[] = { "postgres", "-D", CLUSTER_DATA, "-c",
		"log_min_messages=fatal", NULL };
	const char *postgres;
	struct err late;
	int result;
	pid_t pid;

	if (prepare(c, &postgres, e) < 0)
		return -1;
	pid = program_start(postgres, argv, (int[]){ -1, -1, -1 }, SIGINT, e);
	if (pid < 0)
		return -1;
	result = await_start(pid, e);
	if (result == 0)
		result = make_logins(c, e);
	if (result == 0)
		result = command_load_dump(c, dump, "the dump", e);
	if (stop(pid, &late) < 0 && result == 0) {
		*e = late;
		result = -1;
	}
	return result;
}

int command_make(int argc, char **argv)
{
	struct command c;
	struct err e;
	int code;

	if (command_begin(&c, argc, argv, NULL, 0, &code) < 0)
		return code;
	if (root_enter(c.args.root, NULL, &e) < 0 ||
	    fill(&c, STDIN_FILENO, &e) < 0)
		code = command_failed(&c, &e);
	else
		code = EXIT_DONE;
	arena_free(&c.a);
	return code;
}
