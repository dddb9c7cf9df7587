/*
 * Text in the charset it was sent in, as UTF-8. UTF-8, US-ASCII, Latin-1 and
 * Windows-1252 are ours; Latin-1 is read as Windows-1252, as clients do
 * (WHATWG Encoding Standard).
 */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Adds the text as valid UTF-8 without NUL. False: the charset is not one of
 * ours; what is valid UTF-8 was kept then, else each byte read as Latin-1.
 */
bool charset_add(struct span text, struct span charset, struct buf *out_r);

/* The same, without a copy when nothing has to change. */
struct span charset_text(struct span text, struct span charset,
	struct arena *a, bool *known_r);

/* How many bytes at the front are ASCII and not NUL. */
size_t charset_ascii_run(struct span s);

#endif
