/*
 * What the messages of a batch add to the tally of their days.
 */
#ifndef STORE_ARCHIVE_TALLY_H
#define STORE_ARCHIVE_TALLY_H

#include "store/archive.h"

struct tally;

struct tally *tally_new(struct arena *a);
void tally_add(struct tally *t, const struct archive_message *m);
/* Within an open transaction. */
int tally_put(const struct tally *t, struct db *d, struct span appliance,
	struct err *e);

#endif
