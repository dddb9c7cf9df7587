/*
 * From a committed record (spool/new/ID) to where its parts are wanted: the
 * quarantine, archive/NAME/ID.eml, and inject/ID-1, ID-2 … for its copies
 * and notices. The record goes when
 * all of them are safe; only then are the copies handed over. So it may be
 * repeated after any crash, and no copy is sent twice (store/recover.h).
 */
#ifndef STORE_RETIRE_H
#define STORE_RETIRE_H

#include "base/err.h"
#include "base/root.h"

/* What policy archives: NAME/ID.eml, the message as it came. */
#define ROOT_ARCHIVE ROOT_STATE "/archive"

/*
 * Retires spool/new/NAME. -1: temporary (the record stays, try again), or
 * permanent: it cannot be read or carried out and is in spool/bad now.
 */
int retire_record(const char *name, struct err *e);

#endif
