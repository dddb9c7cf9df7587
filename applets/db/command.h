/*
 * What people call: `pm db psql|dump|load|migrate|status`. Each takes the
 * whole command line of pm db and returns an exit code.
 */
#ifndef DB_COMMAND_H
#define DB_COMMAND_H

#include "base/args.h"
#include "base/arena.h"
#include "conf/wiring.h"

int command_psql(int argc, char **argv);
int command_dump(int argc, char **argv);
int command_load(int argc, char **argv);
int command_make(int argc, char **argv);
/* archive.c */
int command_archive(int argc, char **argv);
int command_base(int argc, char **argv);
int command_recover(int argc, char **argv);
int command_wal_keep(int argc, char **argv);
int command_wal_fetch(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_status(int argc, char **argv);

/* What each of them begins with. */
struct command {
	struct args args;	/* rest[0] is the command's own name */
	struct arena *a;
	struct wiring w;
	/*
	 * As the owner, for our own programs and PostgreSQL's. Our own
	 * cluster is reached through a descriptor of the root, so the
	 * working folder stays the caller's.
	 */
	const char *conninfo;
};

/*
 * Parses, reads the wiring, comes back to the caller's folder. -1 and
 * *exit_r: there is nothing to do. operands: how many there must be.
 */
int command_begin(struct command *c, int argc, char **argv,
	const struct args_option *options, size_t operands, int *exit_r);
/* conninfo for another database of our own cluster. */
const char *command_database(struct command *c, const char *name);
/*
 * Replaces the database of our own running cluster by a dump, when that is
 * complete and of this version; the root is entered.
 */
int command_load_dump(struct command *c, int fd, const char *name,
	struct err *e);
/* err_report with the command's name. */
int command_failed(const struct command *c, const struct err *e);

#endif
