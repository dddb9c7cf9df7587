/*
 * A notice as a complete message: header and body with CRLF. It says of
 * itself that a program wrote it (RFC 3834), so that nobody answers it. Pure.
 */
#ifndef ENGINE_NOTICE_MAIL_H
#define ENGINE_NOTICE_MAIL_H

#include "base/buf.h"
#include "base/span.h"

enum {
	NOTICE_EXCERPT_MAX = 32 << 10,	/* of the original's header */
	NOTICE_LINE = 76,		/* RFC 2045 section 6.7 (5) */
};

/* A PNG that the HTML shows as <img src="cid:ID"> (RFC 2392). */
struct notice_picture {
	const char *id;		/* letters, digits, dots, one @ */
	struct span png;
};

struct notice_mail {
	struct span from;	/* user@domain */
	struct span to;		/* user@domain, or empty: not told */
	struct span subject;	/* UTF-8, one line */
	struct span text;	/* UTF-8, lines end in LF or CRLF */
	struct span html;	/* the same for HTML readers, or empty */
	const struct notice_picture *pictures; /* of the HTML */
	size_t npictures;
	struct span excerpt;	/* the original's header, or empty */
	struct span id;		/* of this notice: left of the @ */
	struct span references;	/* the original's Message-ID without < >, or
				   empty; used when it is a plain one */
	struct span list;	/* not an answer but one of many that are made
				   by the clock: its List-Id (RFC 2919) without
				   < >; or empty */
	struct span reply_to;	/* user@domain, or empty */
	struct span unsubscribe; /* a URL of plain ASCII that ends them (RFC
				   2369), or empty */
	int64_t ms;		/* when, since 1970 */
};

void notice_mail_put(const struct notice_mail *m, struct arena *a,
	struct buf *out);

/* "Mon, 23 Nov 2026 09:13:20 +0100"; offset in minutes. */
enum { NOTICE_DATE_SIZE = 64 };
void notice_date(int64_t ms, int offset, char out[NOTICE_DATE_SIZE]);

/* RFC 2045 section 6.7. */
void notice_quote_printable(struct span text, struct buf *out);

#endif
