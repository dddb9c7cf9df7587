/*
 * The ledger of messages that ended a scanner: spool/poison/SHA256, one byte
 * in the file for each time. The key leaves out trace header fields, which
 * differ each time a sender tries again. Thread-safe.
 */
#ifndef FILTER_POISON_H
#define FILTER_POISON_H

#include "base/err.h"
#include "base/span.h"

/* So often, and the message is quarantined as unscannable. */
enum { POISON_TIMES = 3 };

/* Counts what is there and forgets entries older than a week. */
void poison_start(void);
/* How often it did; costs nothing while the ledger is empty. */
unsigned poison_times(struct span message);
/* It did again; the new number. */
unsigned poison_add(struct span message);

#endif
