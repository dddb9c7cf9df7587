/*
 * What the files rewrite*.c share. Private to them.
 */
#ifndef MAIL_REWRITE_PART_H
#define MAIL_REWRITE_PART_H

#include "base/buf.h"
#include "mail/rewrite.h"

/* A part whose content becomes another. */
struct rewrite_part {
	struct mime_part *part;
	struct span content;	/* new, transfer encoding undone */
	bool utf8;		/* it is UTF-8 now, whatever the label says */
	struct rewrite_part *next;
};

struct rewrite {
	const struct mime *mime;
	const struct mail_limits *limits;
	struct arena *arena;
	struct rewrite_part *first;	/* in document order */
};

/* The state of a part, made when it is first asked for. */
struct rewrite_part *rewrite_part_of(struct rewrite *r,
	struct mime_part *part);

/* Where a banner goes in a page: before the end of its body, or behind the
 * tag that begins it. */
size_t rewrite_html_place(struct span page, bool top);

/* UTF-8 as HTML: ASCII, the rest as references. */
void rewrite_html_ascii(struct buf *b, struct span utf8);
/* Lines of text as a paragraph. */
void rewrite_html_of_text(struct buf *b, struct span text);

/* RFC 2045 section 6.7; text: CRLF are line ends, else bytes. */
void rewrite_put_qp(struct buf *b, struct span s);
/* RFC 2045 section 6.8: lines of 76. */
void rewrite_put_base64(struct buf *b, struct span s);

#endif
