/*
 * Which pm this is. Raised with each release (CHANGELOG.md); data that is
 * loaded later says which one it needs (tool/update.h).
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#include <stdint.h>

#include "base/span.h"

#define VERSION_TEXT "0.1.0"

enum { VERSION_SIZE = 24 };

/* "1.2.3" as 1 << 20 | 2 << 10 | 3; false: it is no such thing. */
bool version_read(struct span text, uint32_t *version_r);
void version_name(uint32_t version, char out[VERSION_SIZE]);
/* This one. */
uint32_t version_own(void);

#endif
