/*
 * Transfer encodings undone (RFC 2045 section 6.7 and 6.8), lenient as
 * clients are: what is not of the encoding is passed over (base64) or kept as
 * it is (quoted-printable), and *clean_r says so.
 */
#ifndef MAIL_DECODE_H
#define MAIL_DECODE_H

#include "base/span.h"

/* Room that the output of n bytes needs at most. */
#define DECODE_BASE64_ROOM(n) ((n) / 4 * 3 + 3)

/*
 * Each writes to out, which has room for DECODE_BASE64_ROOM(s.n) or s.n
 * bytes, and returns how many. *clean_r is only ever set to false.
 */
size_t decode_base64(struct span s, unsigned char *out, bool *clean_r);
size_t decode_qp(struct span s, unsigned char *out, bool *clean_r);

/* The value of a hexadecimal digit, or -1. */
int decode_hex(unsigned char c);

#endif
