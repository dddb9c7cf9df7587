/*
 * Compression (zstd, RFC 8878), one piece at a time.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/buf.h"

/* Appends s compressed, fast and small enough (level 1). */
void pack(struct span s, struct buf *b);
/* Appends what was packed. False: damaged, or more than max bytes. */
bool unpack(struct span packed, size_t max, struct buf *b);

#endif
