/*
 * A message as people may look at it: parsed in a sandbox, texts only.
 */
#ifndef CSM_PREVIEW_H
#define CSM_PREVIEW_H

#include "web/helper.h"

enum {
	PREVIEW_TEXT_MAX = 256 << 10,
	PREVIEW_HEADERS_MAX = 64 << 10,
};

/* Never fails; everything is in the arena. */
void preview_make(struct span message, struct arena *a,
	struct preview *preview_r);

#endif
