/*
 * pm db dump and pm db load. Both are whole or nothing: a dump gets its name
 * when it is complete and on disk, a loaded database gets its name when it is
 * complete and of this version.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/embed.h"
#include "base/root.h"
#include "cluster.h"
#include "db/db.h"
#include "migrate.h"
#include "program.h"

#define LOADING "pm_load"

static bool no_bodies;	/* --no-bodies */

enum { SWAP_TRIES = 5, SWAP_PAUSE_MS = 200 };

/* Runs one of PostgreSQL's programs with a file as its in- or output. */
static int run(struct command *c, const char *name, char **argv,
	const int fds[3], struct err *e)
{
	const char *path;
	int status;
	pid_t pid;

	if (program_find(NULL, name, c->a, &path, e) < 0)
		return -1;
	pid = program_start(path, argv, fds, SIGTERM, e);
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(e, ERR_TEMPORARY, "%s failed, and has said why above",
		name);
}

/* Sessions are not kept: who holds a dump shall not be logged in. */
static int dump_to(struct command *c, int fd, struct err *e)
{
	char *argv[] = { "pg_dump", "-Fc",
		"--exclude-table-data=pm.session",
		arena_printf(c->a, "--dbname=%s", c->conninfo),
		no_bodies ? "--exclude-table-data=pm.quarantine_body*" : NULL,
		NULL };

	return run(c, "pg_dump", argv, (int[]){ -1, fd, -1 }, e);
}

static int dump_file(struct command *c, const char *name, struct err *e)
{
	const char *part = arena_printf(c->a, "%s.part", name);
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		O_NOFOLLOW, 0600), got;

	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, "%s", part);
	got = fchmod(fd, 0600) < 0 ? err_errno(e, ERR_PERMANENT, "%s", part) :
		dump_to(c, fd, e);
	if (got == 0 && fsync(fd) < 0)
		got = err_errno(e, ERR_TEMPORARY, "%s", part);
	close(fd);
	if (got == 0 && rename(part, name) < 0)
		got = err_errno(e, ERR_PERMANENT, "%s", name);
	if (got < 0)
		unlink(part);
	return got;
}

int command_dump(int argc, char **argv)
{
	const struct args_option options[] = {
		{ "no-bodies", 0, ARGS_FLAG, &no_bodies }, { 0 },
	};
	struct command c;
	const char *name;
	struct err e;
	int code, got;

	if (command_begin(&c, argc, argv, options, 1, &code) < 0)
		return code;
	name = c.args.rest[1];
	if (strcmp(name, "-") == 0 && isatty(STDOUT_FILENO))
		got = err_set(&e, ERR_PERMANENT, "a dump is not for a "
			"terminal: name a FILE");
	else if (strcmp(name, "-") == 0)
		got = dump_to(&c, -1, &e);
	else
		got = dump_file(&c, name, &e);
	code = got < 0 ? command_failed(&c, &e) : EXIT_DONE;
	arena_free(&c.a);
	return code;
}

/* Is what was restored ours? Then it is brought up to this version. */
static int judge(struct command *c, const char *conninfo, const char *name,
	struct err *e)
{
	struct db *d = db_new(conninfo, CLUSTER_OWNER, MIGRATE_DEADLINE_MS);
	struct db_rows *rows = NULL;
	struct migrations m;
	unsigned done;
	int got;

	if (db_call(d, "migrate_list", NULL, 0, &rows, e) < 0 ||
	    db_count(rows) == 0)
		got = err_set(e, ERR_PERMANENT, "%s is not a dump of pm's "
			"database", name);
	else
		got = migrate_ours(c->a, &m, e);
	db_rows_free(&rows);
	if (got == 0 && (migrate_run(d, &m, &done, e) < 0 ||
	    db_call(d, "load_sessions", NULL, 0, NULL, e) < 0 ||
	    db_call(d, "load_jobs", NULL, 0, NULL, e) < 0 ||
	    db_call(d, "load_analyze", NULL, 0, NULL, e) < 0))
		got = -1;
	db_free(&d);
	return got;
}

/*
 * The new one takes the old one's name in one transaction. Whoever connects
 * in between keeps the old one from being renamed: once more then.
 */
static int swap(struct db *d, struct err *e)
{
	for (int i = 0; i < SWAP_TRIES; i++) {
		if (db_script(d, "load", embed_file("sql/cluster/swap.sql"),
		    e) == 0)
			return db_call(d, "load_end", NULL, 0, NULL, e);
		clock_sleep_ms(SWAP_PAUSE_MS);
	}
	return -1;
}

/* d is connected to another database of the cluster. */
static int load(struct command *c, struct db *d, int fd, const char *name,
	struct err *e)
{
	char *argv[] = { "pg_restore", "--exit-on-error",
		"--single-transaction", NULL, NULL };
	const char *conninfo = command_database(c, LOADING);

	argv[3] = arena_printf(c->a, "--dbname=%s", conninfo);
	if (db_call(d, "load_clean", NULL, 0, NULL, e) < 0 ||
	    db_call(d, "load_begin", NULL, 0, NULL, e) < 0)
		return -1;
	if (run(c, "pg_restore", argv, (int[]){ fd, -1, -1 }, e) < 0 ||
	    judge(c, conninfo, name, e) < 0 || swap(d, e) < 0) {
		db_call(d, "load_clean", NULL, 0, NULL, NULL);
		return -1;
	}
	return 0;
}

static int open_dump(const char *name, struct err *e)
{
	int fd;

	if (strcmp(name, "-") == 0)
		return STDIN_FILENO;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err_errno(e, ERR_PERMANENT, "%s", name);
	return fd;
}

/* The maintenance database of our own cluster. */
int command_load_dump(struct command *c, int fd, const char *name,
	struct err *e)
{
	struct db *d;
	int got;

	d = db_new(command_database(c, "postgres"), CLUSTER_OWNER,
		MIGRATE_DEADLINE_MS);
	got = load(c, d, fd, name, e);
	db_free(&d);
	return got;
}

int command_load(int argc, char **argv)
{
	struct command c;
	struct err e;
	int code, fd;

	if (command_begin(&c, argc, argv, NULL, 1, &code) < 0)
		return code;
	if (c.w.database) {
		err_set(&e, ERR_PERMANENT, "the database is elsewhere "
			"(db.connection): load it there, with pg_restore");
		return command_failed(&c, &e);
	}
	fd = open_dump(c.args.rest[1], &e);
	if (fd < 0 || root_enter(c.args.root, NULL, &e) < 0 ||
	    command_load_dump(&c, fd, c.args.rest[1], &e) < 0) {
		code = command_failed(&c, &e);
	} else {
		printf("%s loaded\n", c.args.rest[1]);
		code = EXIT_DONE;
	}
	arena_free(&c.a);
	return code;
}
