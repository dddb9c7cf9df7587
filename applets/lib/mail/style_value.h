/* Values of CSS declarations, for style.c. */
#ifndef MAIL_STYLE_VALUE_H
#define MAIL_STYLE_VALUE_H

#include "base/span.h"

/*
 * A number with its unit at the front of *s, which moves behind it. Pixels in
 * hundredths; of "em", "%" and the like hundredths of the parent's, with
 * *relative_r set. *unit_r: there was a unit. False: no number.
 */
bool style_length(struct span *s, int64_t *hundredths_r, bool *relative_r,
	bool *unit_r);

/* The next word of a value, an argument list in brackets included. */
bool style_word(struct span *s, struct span *word_r);

#endif
