#include "mail/html_reader.h"

enum {
	FONT = 1600,		/* of a page, hundredths of a pixel */
	FONT_LEAST = 100,
	OPACITY_LEAST = 50,	/* thousandths */
	NEARLY = 16,		/* of 255, in each channel */
};

#define BLACK 0xff000000u
#define WHITE 0xffffffffu
#define LINK 0xff0000eeu

void html_looks_begin(struct html_looks *l)
{
	l->v[0] = (struct html_look){ .font = FONT, .colour = BLACK,
		.background = WHITE, .element = html_element(SPAN("")) };
	l->n = l->floor = l->over = 0;
	l->work = 0;
}

static bool says(const struct style *s, enum style_property p)
{
	return s->set >> p & 1;
}

/* The property has the value that hides. */
static bool is_zero(const struct style *s, enum style_property p)
{
	return says(s, p) && s->value[p] == 0;
}

static unsigned own_hides(const struct style *s)
{
	unsigned hides = 0;

	if (is_zero(s, STYLE_DISPLAY))
		hides |= HIDE_DISPLAY;
	if (says(s, STYLE_OPACITY) && s->value[STYLE_OPACITY] <= OPACITY_LEAST)
		hides |= HIDE_OPACITY;
	if (is_zero(s, STYLE_CLIP) || (is_zero(s, STYLE_OVERFLOW) &&
	    (is_zero(s, STYLE_WIDTH) || is_zero(s, STYLE_HEIGHT) ||
	     is_zero(s, STYLE_MAX_WIDTH) || is_zero(s, STYLE_MAX_HEIGHT))))
		hides |= HIDE_BOX;
	if (is_zero(s, STYLE_INDENT) || is_zero(s, STYLE_MARGIN) ||
	    (says(s, STYLE_POSITION) && s->value[STYLE_POSITION] &&
	     (is_zero(s, STYLE_LEFT) || is_zero(s, STYLE_TOP))))
		hides |= HIDE_OFFSCREEN;
	return hides;
}

/* A colour over another. */
static uint32_t blend(uint32_t over, uint32_t under)
{
	uint32_t alpha = over >> 24, c = 0xff;

	if (alpha == 255)
		return over;
	if (over == STYLE_UNKNOWN || (under == STYLE_UNKNOWN && alpha < 255))
		return STYLE_UNKNOWN;
	for (int shift = 16; shift >= 0; shift -= 8)
		c = c << 8 | ((over >> shift & 255) * alpha +
			(under >> shift & 255) * (255 - alpha)) / 255;
	return c;
}

static uint32_t font_size(const struct html_look *up, const struct style *s)
{
	uint64_t n;

	if (!says(s, STYLE_FONT))
		return up->font;
	n = s->value[STYLE_FONT];
	if (n & STYLE_RELATIVE)
		n = (n & ~(uint64_t)STYLE_RELATIVE) * up->font / 100;
	return n < STYLE_RELATIVE ? (uint32_t)n : STYLE_RELATIVE - 1;
}

static bool is_near(uint32_t a, uint32_t b)
{
	for (int shift = 16; shift >= 0; shift -= 8) {
		int d = (int)(a >> shift & 255) - (int)(b >> shift & 255);

		if (d > NEARLY || d < -NEARLY)
			return false;
	}
	return true;
}

/* Why text that stands in it is not seen. */
static unsigned all_hides(const struct html_look *l)
{
	unsigned hides = l->hides;
	uint32_t colour;

	if (l->invisible)
		hides |= HIDE_VISIBILITY;
	if (l->font <= FONT_LEAST)
		hides |= HIDE_FONT;
	colour = blend(l->colour, l->background);
	if (l->colour >> 24 == 0 || (l->background != STYLE_UNKNOWN &&
	    colour != STYLE_UNKNOWN && is_near(colour, l->background)))
		hides |= HIDE_COLOUR;
	return hides;
}

/* What an element makes of how the one around it looks. */
static void look_on(struct html_look *l, const struct html_look *up)
{
	const struct style *s = &l->own;

	l->hides = up->hides | own_hides(s);
	l->invisible = says(s, STYLE_VISIBILITY) ?
		s->value[STYLE_VISIBILITY] == 0 : up->invisible;
	l->font = font_size(up, s);
	l->background = says(s, STYLE_BACKGROUND) ?
		blend(s->value[STYLE_BACKGROUND], up->background) :
		up->background;
	l->colour = up->colour;
	if (says(s, STYLE_COLOUR))
		l->colour = s->value[STYLE_COLOUR];
	else if (l->element->kind == KIND_LINK)
		l->colour = LINK;
	l->text_hides = all_hides(l);
}

bool html_looks_push(struct html_looks *l, const struct html_tag *tag,
	const struct style *own)
{
	struct html_look *top;

	if (l->n == LOOKS_MAX) {
		l->over++;
		return false;
	}
	top = &l->v[++l->n];
	top->element = tag->element;
	top->name = tag->name;
	top->own = *own;
	look_on(top, top - 1);
	return true;
}

/* Elements that an end tag of another name does not close. */
static bool is_wall(enum html_kind kind)
{
	return kind == KIND_CELL || kind == KIND_TABLE || kind == KIND_ROW ||
		kind == KIND_BODY;
}

static bool is_inline(enum html_kind kind)
{
	return kind == KIND_INLINE || kind == KIND_LINK;
}

static void close_from(struct html_looks *l, size_t at)
{
	l->n = at - 1;
}

void html_looks_imply(struct html_looks *l, enum html_kind kind)
{
	bool table = kind == KIND_CELL || kind == KIND_ROW;
	bool item = kind == KIND_ITEM || kind == KIND_OPTION;

	if (is_inline(kind) || l->work > LOOKS_WORK_MAX)
		return;
	for (size_t i = l->n; i > l->floor; i--, l->work++) {
		enum html_kind up = l->v[i].element->kind;

		if (up == KIND_TABLE || up == KIND_BODY ||
		    (is_wall(up) && !table))
			return;
		if (up == kind && (table || item)) {
			close_from(l, i);
			return;
		}
		if (up == KIND_PARAGRAPH && span_caseeq(l->v[i].name,
		    SPAN("p")) && !table) {
			close_from(l, i);
			return;
		}
		if ((up == KIND_ROW && kind == KIND_CELL) || up == KIND_LIST ||
		    up == KIND_INPUT)
			return;
		if (!is_inline(up) && !table && !item)
			return;
	}
}

/*
 * "<font><div></font>": the div stays open, but what follows no longer looks
 * like the font.
 */
static void take_out(struct html_looks *l, size_t at)
{
	for (size_t i = at; i < l->n; i++) {
		l->v[i] = l->v[i + 1];
		look_on(&l->v[i], &l->v[i - 1]);
		l->work += 8;
	}
	l->n--;
}

void html_looks_pop(struct html_looks *l, const struct html_tag *tag)
{
	enum html_kind kind = tag->element->kind;
	bool passed = false;

	/* what comes behind </body> still belongs to it */
	if (tag->element->empty || kind == KIND_BODY)
		return;
	if (l->over) {
		l->over--;
		return;
	}
	for (size_t i = l->n; i > l->floor && l->work <= LOOKS_WORK_MAX;
	     i--, l->work++) {
		enum html_kind up = l->v[i].element->kind;

		if (up == kind && span_caseeq(l->v[i].name, tag->name)) {
			if (is_inline(kind) && passed)
				take_out(l, i);
			else
				close_from(l, i);
			return;
		}
		if (is_wall(up) && !is_wall(kind))
			return;
		if (up == KIND_TABLE && kind != KIND_TABLE)
			return;
		passed = passed || !is_inline(up);
	}
}
