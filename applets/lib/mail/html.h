/*
 * HTML as people see it: the text that is shown, the text that is hidden and
 * by what, what some clients only show, and where its links lead.
 *
 * Tokenised as browsers do (WHATWG HTML, section 13.2.5). No tree is made: a
 * bounded stack of open elements carries colour, background, size and
 * visibility down, from attributes, style="" and the simple rules of <style>.
 * Linear in time, no recursion, never fails; a limit reached is a flag. It
 * states facts: newsletters hide a preheader, and that is ordinary.
 */
#ifndef MAIL_HTML_H
#define MAIL_HTML_H

#include "base/arena.h"
#include "base/span.h"
#include "mail/limits.h"
#include "mail/url.h"

/* What a page has, or what was doubtful about it. */
enum html_flag {
	HTML_SCRIPT = 1u << 0,		/* script elements or javascript: */
	HTML_EVENT = 1u << 1,		/* onload="" and the like */
	HTML_OBJECT = 1u << 2,		/* object, embed, applet */
	HTML_SVG = 1u << 3,		/* svg or math: foreign content */
	HTML_FRAME = 1u << 4,		/* frame, iframe */
	HTML_FORM = 1u << 5,
	HTML_INPUT = 1u << 6,		/* fields to type into */
	HTML_PASSWORD = 1u << 7,	/* one of them for a password */
	HTML_BASE = 1u << 8,		/* base href */
	HTML_REFRESH = 1u << 9,		/* meta refresh with a target */
	HTML_DATA_URI = 1u << 10,
	HTML_CSS_URL = 1u << 11,	/* url() or @import in CSS */
	HTML_CID = 1u << 12,		/* refers to parts of the message */
	HTML_PLAINTEXT = 1u << 13,	/* <plaintext>, after which no tag is */
	HTML_CDATA = 1u << 14,
	HTML_CONDITIONAL = 1u << 15,	/* <!--[if mso]> */
	HTML_UNCLOSED = 1u << 16,	/* ends in a comment, tag or script */
	HTML_BIDI = 1u << 17,		/* bidirectional overrides in text */
	HTML_MSO_HIDE = 1u << 18,	/* mso-hide: Outlook hides it */
	HTML_OVER_TEXT = 1u << 19,	/* text beyond text_max */
	HTML_OVER_LINKS = 1u << 20,	/* links beyond limits.urls, or a cut
					   target */
	HTML_OVER_DEPTH = 1u << 21,	/* elements nested too deep */
	HTML_OVER_STYLE = 1u << 22,	/* more CSS rules than are kept */
};
#define HTML_OVER (HTML_OVER_TEXT | HTML_OVER_LINKS | HTML_OVER_DEPTH | \
	HTML_OVER_STYLE)

/* Why text is not seen. */
enum html_hide {
	HIDE_ELEMENT = 1u << 0,		/* what only old browsers show */
	HIDE_DISPLAY = 1u << 1,		/* display: none, hidden="" */
	HIDE_VISIBILITY = 1u << 2,
	HIDE_OPACITY = 1u << 3,
	HIDE_FONT = 1u << 4,		/* at most 1 px */
	HIDE_COLOUR = 1u << 5,		/* that of the background, or nearly */
	HIDE_BOX = 1u << 6,		/* a box of no size that hides what
					   runs over it, or a clip of all */
	HIDE_OFFSCREEN = 1u << 7,	/* 500 px or more out of sight */
};

/* Those before HTML_IMG lead where a reader goes, the others are loaded. */
enum html_link_kind {
	HTML_A, HTML_AREA, HTML_ACTION, HTML_META_REFRESH, HTML_BASE_HREF,
	HTML_IMG, HTML_BACKGROUND, HTML_IFRAME, HTML_EMBED, HTML_SOURCE,
	HTML_SHEET, HTML_CSS,
};

enum html_link_flag {
	HTML_LINK_REMOTE = 1u << 0,	/* the url names a host */
	HTML_LINK_TINY = 1u << 1,	/* an image of at most 1x1 */
	HTML_LINK_HIDDEN = 1u << 2,	/* nothing of it can be seen */
	HTML_LINK_IMAGE = 1u << 3,	/* an image stands in it */
	HTML_LINK_INPUT = 1u << 4,	/* a form with fields, with one for a */
	HTML_LINK_PASSWORD = 1u << 5,	/* password */
	HTML_LINK_OTHER = 1u << 6,	/* its text is a URL or a domain of
					   another organisation: `looks` */
	HTML_LINK_CONDITIONAL = 1u << 7, /* in a conditional comment */
	HTML_LINK_BLANKS = 1u << 8,	/* tabs, line ends inside it */
};

struct html_link {
	enum html_link_kind kind;
	unsigned flags;
	struct span target;	/* references decoded; blanks that browsers
				   pass over taken out */
	struct span url;	/* with base href: where it really leads;
				   else the target itself */
	struct span text;	/* as seen between <a> and </a> */
	struct span looks;	/* the host that the text names */
	unsigned times;		/* so often, with the same text */
};

/* A data: URI or srcdoc. */
struct html_data {
	struct span type;	/* "image/png", lower case */
	struct span content;	/* decoded */
	struct html *page;	/* what is HTML is read too, one level deep */
};

struct html {
	struct span text;	/* as seen: UTF-8, lines end with LF */
	struct span hidden;	/* what is not seen, in order */
	struct span other;	/* what only some clients show: conditional
				   and unclosed comments */
	struct span title;
	struct span base;	/* the first base href */
	unsigned flags;		/* enum html_flag */
	unsigned hidden_by;	/* enum html_hide, of all hidden text */
	size_t hidden_pieces;	/* pieces of text that are hidden */
	size_t zero_width;	/* invisible characters inside words; they are
				   not in text */
	size_t images, remote_images, tiny_images;
	struct html_link *links; /* distinct in kind, target and text */
	size_t nlinks, links_over; /* not kept */
	struct span *scripts;	/* as they stand in the page */
	size_t nscripts;
	struct html_data *data;
	size_t ndata;
};

/*
 * s is valid UTF-8 (mime_text); it must live as long as the arena. At most
 * text_max bytes of each text, l->urls links and as many scripts and data:
 * URIs. Everything is in the arena.
 */
void html_read(struct span s, size_t text_max, const struct mail_limits *l,
	struct arena *a, struct html *h_r);

/* Adds what it leads to, loads, and names in its texts and scripts. */
void html_urls(const struct html *h, const struct mail_limits *l,
	struct arena *a, struct url_set *set);

/*
 * A character reference at the front of s ("&amp;", "&#x41;"): its length
 * and the code point; 0: the "&" stands for itself. In an attribute "&copy=" is
 * none.
 */
size_t html_reference(struct span s, bool attribute, uint32_t *code_r);

#endif
