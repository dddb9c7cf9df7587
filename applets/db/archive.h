/*
 * Point-in-time recovery: what the cluster's configuration says of it.
 */
#ifndef DB_ARCHIVE_H
#define DB_ARCHIVE_H

#include "base/buf.h"
#include "base/err.h"

/* Has pm db archive named a folder? */
bool archive_is_on(void);
/* Lines for PostgreSQL's configuration; none when it is off. */
int archive_say_conf(struct buf *b, struct err *e);

#endif
