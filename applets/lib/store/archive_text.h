/*
 * What a mail says, as columns of the database take it: cut so that no index
 * entry is too long (2,704 bytes; a wrong byte becomes three on its way).
 */
#ifndef STORE_ARCHIVE_TEXT_H
#define STORE_ARCHIVE_TEXT_H

#include "base/arena.h"
#include "base/span.h"

/* At most max bytes, never half a character. */
struct span archive_cut(struct span s, size_t max);
/* The same as valid UTF-8: equal in the database is equal here. */
struct span archive_clean(struct span s, size_t max, struct arena *a);
/* An address, ASCII letters in lower case. */
struct span archive_address(struct span s, struct arena *a);
/* As type inet reads it; p NULL (a null) when it is none. */
struct span archive_relay(struct span s);
/* Milliseconds that a timestamp can hold: years 0 to 99999. */
int64_t archive_time(int64_t ms);

#endif
