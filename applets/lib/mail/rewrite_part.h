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
	bool dropped;		/* a note stands for it, header and all */
	struct rewrite_part *next;
};

struct rewrite {
	const struct mime *mime;
	const struct mail_limits *limits;
	struct arena *arena;
	struct rewrite_part *first;	/* in document order */
};

/* Why the message, or what is inside of a part, must stay as it is; NULL. */
const char *rewrite_sealed(const struct mime *m);
const char *rewrite_seal(const struct mime_part *p);
/* Has its header an end? Without one nothing can be put behind it. */
bool rewrite_has_body(const struct mime_part *p);
/* Does it lie in the message as it came, or in something decoded? */
bool rewrite_lies_in(const struct mime *m, const struct mime_part *p);

/* The type and charset that a part has now. */
#define REWRITE_TEXT_TYPE "text/plain; charset=utf-8"
bool rewrite_is_page(const struct rewrite_part *w);

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

/* "base64": what we encode in. */
const char *rewrite_encoding_word(enum mime_encoding as);

/*
 * rewrite_drop.c: how a note is encoded (plain: 7bit would do), the same with
 * the message's line ends, and the splice of its whole part.
 */
enum mime_encoding rewrite_drop_encoding(const struct rewrite_part *w,
	bool plain);
struct span rewrite_drop_lines(const struct rewrite *r, struct span body);
struct edit_splice rewrite_drop_splice(struct rewrite *r,
	const struct rewrite_part *w, enum mime_encoding as, struct span body);

#endif
