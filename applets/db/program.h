/*
 * PostgreSQL's own programs, found by version (role/program.h starts them).
 */
#ifndef DB_PROGRAM_H
#define DB_PROGRAM_H

#include "base/arena.h"
#include "base/err.h"
#include "role/program.h"

/*
 * "/usr/lib/postgresql/15/bin/NAME". major: "15", or NULL for the newest that
 * is installed.
 */
int program_find(const char *major, const char *name, struct arena *a,
	const char **path_r, struct err *e);

#endif
