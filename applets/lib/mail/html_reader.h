/* What the files of the HTML reader share; private to them. */
#ifndef MAIL_HTML_READER_H
#define MAIL_HTML_READER_H

#include "base/buf.h"
#include "mail/html.h"
#include "mail/html_token.h"
#include "mail/style.h"

/* --- html_text.c: text as it is shown ------------------------------------ */

struct html_writer {
	struct buf out;
	size_t max;
	unsigned breaks;	/* line ends that go before the next text */
	bool blank;		/* a blank goes before it */
	bool full;
	unsigned pre;		/* so many pre elements are open */
	size_t zero_width;
	bool bidi;
};

enum { BREAKS_MAX = 2 };

void html_put_breaks(struct html_writer *w, unsigned n);
void html_put_line_end(struct html_writer *w);
/* What stands for itself: a bullet, a bracket. */
void html_put(struct html_writer *w, struct span s);
void html_put_blank(struct html_writer *w, unsigned char c);
void html_put_text(struct html_writer *w, struct span s, bool references);

/* --- html_look.c: the open elements and how their text looks ------------- */

enum {
	LOOKS_MAX = 512,	/* as in browsers */
	LOOKS_WORK_MAX = 20000000, /* steps of looking for what to close */
};

struct html_look {
	const struct html_element *element;
	struct span name;
	struct style own;	/* what the element itself says */
	unsigned hides;		/* enum html_hide, of all its content */
	unsigned text_hides;	/* of text that stands in it */
	bool invisible;
	uint32_t font;		/* hundredths of a pixel */
	uint32_t colour, background;
};

struct html_looks {
	struct html_look v[LOOKS_MAX + 1]; /* v[0]: of the page */
	size_t n;		/* the last that is open */
	size_t floor;		/* what no end tag may close */
	size_t over;		/* elements beyond them */
	size_t work;		/* spent in finding what an end tag closes */
};

void html_looks_begin(struct html_looks *l);
/* Opens an element; tells false when it is nested too deep. */
bool html_looks_push(struct html_looks *l, const struct html_tag *tag,
	const struct style *own);
/* Closes what a start tag closes by itself: "<p>a<p>b". */
void html_looks_imply(struct html_looks *l, enum html_kind kind);
void html_looks_pop(struct html_looks *l, const struct html_tag *tag);
/* Why text is not seen here (enum html_hide); 0: it is. */
static inline unsigned html_looks_hide(const struct html_looks *l)
{
	return l->v[l->n].text_hides;
}

/* --- html_link.c: where it leads ----------------------------------------- */

struct html_reader {
	struct html_tokens t;
	const struct mail_limits *limits;
	struct arena *arena;
	struct html *h;
	struct html_writer seen, hidden, other;
	struct html_writer *to;	/* where text goes now */
	size_t piece;		/* where hidden text began */
	struct style_sheet sheet;
	struct map *styles;	/* of struct style, by the attribute */
	struct style one_style;	/* when too many are kept */
	bool again;		/* a style sheet came after text */
	bool second;		/* all of them are known already */
	bool inner;		/* a page in a page: data: URIs stay closed */
	struct map *links;	/* of struct html_link, by what is distinct */
	struct buf key;
	bool blanks;		/* html_value took some out of the middle */
	size_t links_cap, scripts_cap, data_cap;
	struct span anchor;	/* the target of the open <a>, n 0: none */
	struct html_writer *anchor_to;
	size_t anchor_from;	/* where its text begins */
	unsigned anchor_flags;
	size_t form;		/* the open one: its link + 1, or 0 */
	struct html_looks looks; /* last: not cleared at once */
};

/* References decoded; of a target also without what browsers drop. */
struct span html_value(struct html_reader *r, struct span s, bool target);
void html_add_link(struct html_reader *r, enum html_link_kind kind,
	struct span written, unsigned flags);
void html_open_anchor(struct html_reader *r, struct span written);
void html_close_anchor(struct html_reader *r);
/* Candidates of srcset: "a.png 1x, b.png 2x". */
void html_add_srcset(struct html_reader *r, struct span written);
/* What CSS loads. */
void html_add_css(struct html_reader *r, struct span css);
void html_add_script(struct html_reader *r, struct span text);
void html_add_data(struct html_reader *r, struct span type,
	struct span content);

#endif
