/*
 * HTML as text for people to read: tags gone, blocks as lines, character
 * references decoded, comments, scripts and styles dropped; and where its
 * links lead. Tokenised as browsers do (WHATWG HTML, section 13.2.5), without
 * a tree: linear in time, no recursion, never fails.
 */
#ifndef MAIL_HTML_H
#define MAIL_HTML_H

#include "base/arena.h"
#include "base/span.h"
#include "mail/limits.h"

struct html {
	struct span text;	/* valid UTF-8, lines end with LF */
	struct span *links;	/* targets of a, area, base, form; each once,
				   in order, references decoded, blanks that
				   browsers pass over taken out */
	size_t nlinks;
	bool cut;		/* the text or the links reached a limit */
};

/*
 * s is valid UTF-8 (mime_text). At most text_max bytes of text and l->urls
 * links, each of at most 2,048 bytes. Everything is in the arena.
 */
void html_read(struct span s, size_t text_max, const struct mail_limits *l,
	struct arena *a, struct html *h_r);

/*
 * A character reference at the front of s ("&amp;", "&#x41;"): its length
 * and the code point; 0: the "&" stands for itself. In an attribute "&copy=" is
 * none.
 */
size_t html_reference(struct span s, bool attribute, uint32_t *code_r);

#endif
