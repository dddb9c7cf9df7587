/*
 * Bytes that nobody trusts, as part of a page: the only ways out.
 *
 * Text of a page is valid UTF-8. Bytes that are not, control characters but
 * tab and newline, and what turns the direction of reading become U+FFFD;
 * CR LF is a newline.
 */
#ifndef WEB_ESCAPE_H
#define WEB_ESCAPE_H

#include "base/buf.h"
#include "base/span.h"

/* As HTML text (& < > " ' escaped): also between quotes. */
void escape_html(struct buf *b, struct span s);
/* As one component of a URL: all but RFC 3986's unreserved is %XX. */
void escape_url(struct buf *b, struct span s);

#endif
