/*
 * Encoded words (RFC 2047, RFC 2231 section 5) as clients read them: also
 * inside quotes, with blanks and '?' in their text, split inside a character,
 * with broken padding, and without their end.
 */
#ifndef MAIL_WORD_H
#define MAIL_WORD_H

#include "base/arena.h"
#include "base/span.h"

/* The length of the encoded word at the front of s; 0: there is none. */
size_t word_size(struct span s);

/*
 * header_decode(), and what was odd about the text: adds to *flags
 * MAIL_BAD_UTF8 for bytes (NUL is one) that are no text of their charset, and
 * MAIL_OTHER_CHARSET for a charset that is not known here.
 */
struct span word_decode(struct span value, struct arena *a, unsigned *flags);

#endif
