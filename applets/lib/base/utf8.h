/*
 * UTF-8 as text that may be shown: RFC 3629, no overlong forms, no
 * surrogates, nothing above U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Length of the well-formed sequence at the front of s (1 to 4), or 0. The
 * code point goes to *code_r when that is not NULL.
 */
size_t utf8_next(struct span s, uint32_t *code_r);

bool utf8_valid(struct span s);

/* Writes the sequence of a code point (U+FFFD for what cannot be encoded). */
void utf8_put(struct buf *b, uint32_t code);

/*
 * Adds s as valid UTF-8: each byte that is not part of a well-formed
 * sequence, and NUL, becomes U+FFFD.
 */
void utf8_sanitise(struct buf *b, struct span s);

/*
 * One line that a terminal may show: control bytes, DEL, C1 controls,
 * bidirectional overrides and ill-formed bytes become \xNN or \u{NNNN}.
 * Writes a C string of at most size bytes, cut at a whole character.
 */
void utf8_printable(struct span s, char *out, size_t size);

#endif
