/*
 * Text whose lines flow (RFC 3676), as it is seen.
 */
#ifndef MAIL_FLOWED_H
#define MAIL_FLOWED_H

#include "base/arena.h"
#include "base/span.h"

/*
 * Lines that flow become one, a paragraph; stuffed blanks go; quoted lines
 * begin with one ">" a level and a blank. Lines end with LF. delsp: the blank
 * at the end of a line that flows is not part of the text.
 */
struct span flowed_undo(struct span text, bool delsp, struct arena *a);

#endif
