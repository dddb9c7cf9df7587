/*
 * A generation's manifest as text (store/generation.h). Private to store.
 */
#ifndef STORE_GENERATION_TEXT_H
#define STORE_GENERATION_TEXT_H

#include "store/generation.h"

void generation_text_write(const struct generation *g, struct buf *b);
/* Strict. *e is "LINE: what". Spans point into text. */
int generation_text_read(struct span text, struct arena *a,
	struct generation *g_r, struct err *e);

/*
 * "policy/NAME", "policy/templates/NAME" or "lists/NAME"; a name begins with
 * no dot and has only bytes that need no quoting in any place.
 */
bool generation_path_ok(struct span path);

#endif
