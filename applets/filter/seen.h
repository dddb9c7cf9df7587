/*
 * What a message of the log adds to the day's tally, from its facts and
 * traces.
 */
#ifndef FILTER_SEEN_H
#define FILTER_SEEN_H

#include "store/archive.h"

/* Everything is in the arena. Facts that cannot be read add nothing. */
void seen_find(struct archive_message *m, struct arena *a);

#endif
