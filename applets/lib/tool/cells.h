/*
 * Tables and lines on a terminal. Every byte from outside goes through
 * utf8_printable.
 */
#ifndef TOOL_CELLS_H
#define TOOL_CELLS_H

#include "base/span.h"

/* Printable text; malloc'd. */
char *cells_printable(struct span s);
/* Prints s in exactly `width` columns, or without padding when last. */
void cells_put(struct span s, unsigned width, bool last);
/* Columns of the terminal, or 160 where there is none. */
unsigned cells_width(void);

#endif
