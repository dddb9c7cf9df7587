/*
 * The tokens of an HTML page, for html.c: text, tags with the attributes that
 * matter, the edges of conditional comments. WHATWG HTML, section 13.2.5.
 */
#ifndef MAIL_HTML_TOKEN_H
#define MAIL_HTML_TOKEN_H

#include "base/span.h"

enum html_attr {
	ATTR_ACTION, ATTR_ALT, ATTR_BACKGROUND, ATTR_BGCOLOR, ATTR_CLASS,
	ATTR_COLOR, ATTR_CONTENT, ATTR_DATA, ATTR_FORMACTION, ATTR_HEIGHT,
	ATTR_HIDDEN, ATTR_HREF, ATTR_HTTP_EQUIV, ATTR_ID, ATTR_OPEN,
	ATTR_POSTER, ATTR_SIZE, ATTR_SRC, ATTR_SRCDOC, ATTR_SRCSET, ATTR_STYLE,
	ATTR_TEXT, ATTR_TYPE, ATTR_WIDTH, ATTR_XLINK, ATTRS
};

/* What an element means. */
enum html_kind {
	KIND_INLINE, KIND_BREAK, KIND_BLOCK, KIND_PARAGRAPH, KIND_CELL,
	KIND_ROW, KIND_TABLE, KIND_ITEM, KIND_OPTION, KIND_LIST, KIND_PRE,
	KIND_RULE,
	KIND_IMAGE, KIND_LINK, KIND_AREA, KIND_BASE, KIND_FORM, KIND_INPUT,
	KIND_META, KIND_SHEET, KIND_EMBED, KIND_MEDIA, KIND_FOREIGN,
	KIND_BODY,
	KIND_HIDDEN,	/* its content is not shown */
	KIND_DROPPED,	/* its content is text that is not shown */
	KIND_FRAME,	/* the same, and it loads something */
	KIND_SCRIPT, KIND_STYLE,
	KIND_TITLE,	/* text without tags, not part of the page */
	KIND_FIELD,	/* text without tags */
	KIND_RAW,	/* text as it stands */
	KIND_RAW_TO_END,
};

struct html_element {
	const char *name;
	enum html_kind kind;
	bool empty;		/* has no end tag */
};

struct html_tag {
	struct span name;
	bool end;
	bool event;		/* has an attribute like onclick */
	uint32_t has;		/* 1 << enum html_attr: `value` is set */
	struct span value[ATTRS]; /* as written */
	const struct html_element *element; /* never NULL */
};

enum html_token {
	HTML_TOKEN_END,		/* of the page */
	HTML_TOKEN_TEXT,
	HTML_TOKEN_TAG,
	HTML_TOKEN_IF,		/* what follows is seen by some, up to the */
	HTML_TOKEN_ENDIF,	/* end of this comment */
	HTML_TOKEN_REST,	/* text is a tag that the page ends in */
};

struct html_tokens {
	struct span in;		/* what is left of it, or of the comment */
	struct span after;	/* what comes after the comment */
	bool inside;		/* in a conditional comment */
	unsigned flags;		/* HTML_UNCLOSED, HTML_CDATA, … */
	struct span text;	/* of HTML_TOKEN_TEXT */
	struct html_tag tag;	/* of HTML_TOKEN_TAG */
};

enum html_token html_next(struct html_tokens *t);

/* After the start tag of a script and its like: the content, up to its end
 * tag, which stays. */
struct span html_take_raw(struct html_tokens *t, struct span name);

const struct html_element *html_element(struct span name);

#endif
