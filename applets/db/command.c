#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/io.h"
#include "base/root.h"
#include "cluster.h"
#include "db/db.h"
#include "migrate.h"
#include "program.h"

enum { ARENA_LIMIT = 64 << 20, CALL_MS = 30000, ANY = 1000 };

int command_failed(const struct command *c, const struct err *e)
{
	char name[64];

	snprintf(name, sizeof(name), "db %s", c->args.rest[0]);
	return err_report(name, e);
}

const char *command_database(struct command *c, const char *name)
{
	int fd = open(".", O_PATH | O_DIRECTORY);

	return arena_printf(c->a, "host=/proc/self/fd/%d/" ROOT_DB
		" dbname=%s user=" CLUSTER_OWNER, fd, name);
}

/* The wiring, and how to reach what it names; then back. */
static int look(struct command *c, struct err *e)
{
	int before;

	if (root_enter(c->args.root, &before, e) < 0 ||
	    wiring_load(c->a, &c->w, e) < 0)
		return -1;
	c->conninfo = wiring_conninfo(&c->w);
	if (c->conninfo == NULL)
		return err_set(e, ERR_PERMANENT, "no database is wired: "
			"neither the role \"db\" nor db.connection is in "
			ROOT_WIRING);
	if (c->w.database == NULL)
		c->conninfo = command_database(c, "pm");
	if (before >= 0 && fchdir(before) < 0)
		return err_errno(e, ERR_PERMANENT, "the folder that you are "
			"in");
	return 0;
}

int command_begin(struct command *c, int argc, char **argv,
	const struct args_option *options, size_t operands, int *exit_r)
{
	struct err e;

	*c = (struct command){ .a = arena_new("db command", ARENA_LIMIT) };
	if (args_parse(argc, argv, options, &c->args, &e) < 0) {
		*exit_r = err_report("db", &e);
		return -1;
	}
	if (c->args.help) {
		*exit_r = applet_find("help")->main(2,
			(char *[]){ "help", "db", NULL });
		return -1;
	}
	if (operands != ANY && c->args.n != operands + 1) {
		err_set(&e, ERR_PERMANENT, operands ? "name one FILE, or - "
			"for the standard %s" : "takes no operands",
			strcmp(c->args.rest[0], "load") ? "output" : "input");
		*exit_r = command_failed(c, &e);
		return -1;
	}
	if (look(c, &e) < 0) {
		*exit_r = command_failed(c, &e);
		return -1;
	}
	return 0;
}

int command_psql(int argc, char **argv)
{
	struct command c;
	const char *psql;
	struct err e;
	char **with;
	int code;

	if (command_begin(&c, argc, argv, NULL, ANY, &code) < 0)
		return code;
	if (program_find(NULL, "psql", c.a, &psql, &e) < 0)
		return command_failed(&c, &e);
	with = arena_array(c.a, c.args.n + 4, sizeof(*with));
	with[0] = "psql";
	with[1] = "-X";
	with[2] = arena_printf(c.a, "--dbname=%s options='-csearch_path=pm,"
		"public'", c.conninfo);
	for (size_t i = 1; i < c.args.n; i++)
		with[i + 2] = c.args.rest[i];
	program_become(psql, with, &e);
	return command_failed(&c, &e);
}

/* The folder's migrations, or ours. */
static int choose(struct command *c, const char *from, struct migrations *m_r,
	struct err *e)
{
	int fd;

	if (from == NULL)
		return migrate_ours(c->a, m_r, e);
	fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, "%s", from);
	return migrate_folder(fd, from, c->a, m_r, e);
}

int command_migrate(int argc, char **argv)
{
	const char *from = NULL;
	const struct args_option options[] = {
		{ "from", 0, ARGS_TEXT, &from }, { 0 },
	};
	struct migrations m;
	struct command c;
	unsigned done;
	struct err e;
	struct db *d;
	int code;

	if (command_begin(&c, argc, argv, options, 0, &code) < 0)
		return code;
	d = db_new(c.conninfo, CLUSTER_OWNER, MIGRATE_DEADLINE_MS);
	if (choose(&c, from, &m, &e) < 0 || migrate_run(d, &m, &done, &e) < 0)
		code = command_failed(&c, &e);
	else
		code = EXIT_DONE;
	db_free(&d);
	if (code == EXIT_DONE && m.n)
		printf("%u migration%s applied; the schema is at %s\n", done,
			done == 1 ? "" : "s", m.v[m.n - 1].name);
	arena_free(&c.a);
	return code;
}

static void print_status(const struct db_rows *r)
{
	struct span oldest = db_span(r, 0, 7);

	printf("PostgreSQL     %.*s\n", SPAN_FMT(db_span(r, 0, 0)));
	printf("size           %lld MB\n", (long long)(db_int(r, 0, 1) >> 20));
	printf("connections    %lld of %lld\n", (long long)db_int(r, 0, 2),
		(long long)db_int(r, 0, 3));
	printf("schema         %04lld\n", (long long)db_int(r, 0, 5));
	printf("message log    %lld days, from %.*s-%.*s-%.*s\n",
		(long long)db_int(r, 0, 6), SPAN_FMT(span_sub(oldest, 0, 4)),
		SPAN_FMT(span_sub(oldest, 4, 2)),
		SPAN_FMT(span_sub(oldest, 6, 2)));
	printf("outside        %lld rows in no partition of a day\n",
		(long long)db_int(r, 0, 8));
}

int command_status(int argc, char **argv)
{
	struct db_rows *rows;
	struct command c;
	struct err e;
	struct db *d;
	int code;

	if (command_begin(&c, argc, argv, NULL, 0, &code) < 0)
		return code;
	d = db_new(c.conninfo, CLUSTER_OWNER, CALL_MS);
	if (db_call(d, "db_status", NULL, 0, &rows, &e) < 0) {
		code = command_failed(&c, &e);
	} else {
		print_status(rows);
		db_rows_free(&rows);
		code = EXIT_DONE;
	}
	db_free(&d);
	arena_free(&c.a);
	return code;
}
