/*
 * How the rows of db/db.h are made from an answer.
 */
#ifndef DB_ROWS_H
#define DB_ROWS_H

#include <libpq-fe.h>

#include "db/db.h"

/*
 * Takes the result over, in any case. Bug: a column whose type nobody reads.
 */
int rows_new(PGresult *result, const char *statement, struct db_rows **rows_r,
	struct err *e);

#endif
