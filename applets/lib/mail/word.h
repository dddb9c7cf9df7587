/*
 * Encoded words (RFC 2047, RFC 2231 section 5) as clients read them.
 */
#ifndef MAIL_WORD_H
#define MAIL_WORD_H

#include "base/span.h"

/* The length of the encoded word at the front of s; 0: there is none. */
size_t word_size(struct span s);

#endif
