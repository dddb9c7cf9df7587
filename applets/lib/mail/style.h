/*
 * As much of CSS as decides whether text can be seen: declarations, and the
 * rules of a style sheet whose selectors are single ("p", ".x", "#y", "p.x").
 * No combinators, no full cascade. Linear in the bytes, bounded in rules.
 */
#ifndef MAIL_STYLE_H
#define MAIL_STYLE_H

#include "base/arena.h"
#include "base/span.h"

enum style_property {
	STYLE_DISPLAY,		/* 0: none */
	STYLE_VISIBILITY,	/* 0: hidden */
	STYLE_OPACITY,		/* thousandths */
	STYLE_FONT,		/* a length */
	STYLE_COLOUR,		/* a colour */
	STYLE_BACKGROUND,	/* a colour */
	STYLE_WIDTH, STYLE_HEIGHT, STYLE_MAX_WIDTH, STYLE_MAX_HEIGHT,
				/* 0: at most 1 px */
	STYLE_OVERFLOW,		/* 0: hidden */
	STYLE_INDENT, STYLE_MARGIN, STYLE_LEFT, STYLE_TOP,
				/* 0: out of sight */
	STYLE_POSITION,		/* 0: static */
	STYLE_CLIP,		/* 0: all of it */
	STYLE_MSO_HIDE,		/* 0: all */
	STYLES
};

/* A length: hundredths of a pixel, or of the font size of the parent. */
enum { STYLE_RELATIVE = 1 << 30 };

/* Colours are 0xAARRGGBB; nothing is known of an image behind the text. */
#define STYLE_TRANSPARENT 0x00000000u
#define STYLE_UNKNOWN 0x01000000u

struct style {
	uint32_t set, important; /* 1 << enum style_property */
	uint32_t value[STYLES];
};

struct style_sheet {
	struct arena *arena;
	struct map *rules;	/* private: selector to rules, */
	unsigned shapes;	/* and which shapes of selectors there are */
	size_t n;
	bool over;		/* more rules than are kept */
};

/*
 * Adds declarations ("color: red; display: none") to a style: later ones
 * win, but over important ones only important ones do.
 */
void style_declare(struct span css, struct arena *a, struct style *s);
/* The same with a whole other style. */
void style_merge(struct style *s, const struct style *over);
/* Sets one property if nothing did: for attributes of HTML. */
void style_default(struct style *s, enum style_property p, uint32_t value);

/* Adds the rules of a style sheet; @media only for screen and all. */
void style_read(struct style_sheet *sheet, struct span css);
/* What the sheet says of an element. */
void style_match(const struct style_sheet *sheet, struct span element,
	struct span id, struct span classes, struct style *s);

/* A colour as CSS and as HTML attributes write it; false: none. */
bool style_colour(struct span text, uint32_t *colour_r);
uint32_t style_legacy_colour(struct span text);

/*
 * The next url() or string of @import at or behind *at, which moves behind
 * it; false: there is no more.
 */
bool style_next_url(struct span css, size_t *at, struct span *url_r);

#endif
