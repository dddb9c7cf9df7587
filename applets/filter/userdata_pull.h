/*
 * What users have set, from the database to this disk: one file that the
 * scanners work from (engine/userdata.h), whoever else is away.
 *
 * The archiver does it, because it is the one process of the filter that
 * talks to the database anyway, and its journal folder is what it shares with
 * front already.
 */
#ifndef FILTER_USERDATA_PULL_H
#define FILTER_USERDATA_PULL_H

#include "base/err.h"
#include "db/db.h"
#include "store/journal.h"

/*
 * Asks, at most once a second, whether there is anything new, and writes the
 * file then. An error is the database's; one of the disk is logged.
 */
int userdata_pull(struct db *db, struct err *e);

#endif
