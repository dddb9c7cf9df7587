/*
 * Text made comparable: what a reader sees as the same words is the same
 * bytes (Unicode's simple case folding).
 */
#ifndef MAIL_CASEFOLD_H
#define MAIL_CASEFOLD_H

#include "base/arena.h"
#include "base/span.h"

/*
 * Letters without case, each run of white space one blank, characters that
 * are not seen (soft hyphens, joiners, byte order marks) left out. Each byte
 * that is no UTF-8 becomes U+FFFD.
 */
struct span casefold(struct span text, struct arena *a);

/*
 * The next word of a folded text: a run of letters, digits and marks; an
 * ideograph is one of its own, as those scripts have no blanks. False at the
 * end. *rest begins behind it then.
 */
bool casefold_word(struct span *rest, struct span *word_r);

#endif
