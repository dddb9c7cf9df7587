/*
 * Where in an HTML page are we? The part of the HTML syntax (WHATWG HTML,
 * section 13.2.5) that our templates use, a byte at a time; what they do not
 * use is refused, so that the browser and we never differ.
 */
#ifndef WEB_HTML_H
#define WEB_HTML_H

#include "base/buf.h"
#include "base/span.h"

enum { HTML_NAME_MAX = 24 };

enum html_state {
	HTML_TEXT, HTML_TAG_OPEN, HTML_TAG_NAME, HTML_IN_TAG, HTML_ATTRIBUTE,
	HTML_BEFORE_VALUE, HTML_VALUE, HTML_AFTER_VALUE, HTML_SLASH,
	HTML_MARKUP,	/* <!…: a declaration or a comment */
	HTML_COMMENT,
	HTML_RAW,	/* inside <script> */
};

/* All zero is the beginning of a page. */
struct html {
	enum html_state state;
	bool closing;		/* of the tag at hand: </x> */
	unsigned char quote;	/* of the value at hand */
	bool url;		/* the value at hand is a URL … */
	unsigned char url_at;	/* … of which so many bytes are here (≤ 2) */
	unsigned char first;	/* … and this is the first */
	unsigned char dashes;	/* of a comment, seen in a row (≤ 2) */
	char tag[HTML_NAME_MAX], attribute[HTML_NAME_MAX];
	unsigned char ntag, nattribute;
	char raw[HTML_NAME_MAX]; /* title, textarea, script: the element
				    that only its own end ends */
};

/* Takes a byte: NULL, or why it is refused. */
const char *html_feed(struct html *h, unsigned char c);

enum html_place {
	HTML_REFUSED, HTML_PLAIN /* text, a quoted value */, HTML_URL,
	HTML_URL_START	/* a URL value of which nothing is there yet */
};

/* What an expression would be at this place. */
enum html_place html_place(const struct html *h);
/* In text, outside of title and textarea. */
bool html_in_text(const struct html *h);
/* Between the attributes of a tag. */
bool html_in_tag(const struct html *h);
bool html_same(const struct html *a, const struct html *b);

#endif
