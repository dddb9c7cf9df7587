#include "mail/style.h"

#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/utf8.h"
#include "mail/decode.h"
#include "mail/style_value.h"

enum {
	RULES_MAX = 4096,
	MATCHES_MAX = 32,	/* rules that are applied to one element */
	CLASSES_MAX = 16,	/* classes of one element that are looked up */
	SELECTOR_MAX = 128,	/* bytes of a selector that is kept */
	OFF_SCREEN = -50000,	/* hundredths of a pixel */
	LEAST = 100,
	EM = 16,		/* pixels, when nothing else is known */
	URL_MAX = 8192,
};

/* How much selectors weigh; with an element before it one more. */
enum { WEIGHS_ELEMENT = 1, WEIGHS_CLASS = 2, WEIGHS_ID = 4 };

/* All that a sheet says for one selector. */
struct rule {
	unsigned weight;	/* specificity, then order */
	struct style style;
};

/* How the value of a declaration is read. */
enum reader {
	READ_NONE,		/* 0: "none" or "all" */
	READ_HIDDEN,		/* 0: "hidden", "collapse", "clip" */
	READ_STATIC, READ_OPACITY, READ_FONT, READ_FONT_SHORT, READ_COLOUR,
	READ_BACKGROUND, READ_IMAGE, READ_BOX, READ_OFF, READ_FAR, READ_CLIP,
};

static const struct {
	const char *name;
	unsigned char n;
	enum style_property property;
	enum reader reader;
} properties[] = {
	{ "background", 10, STYLE_BACKGROUND, READ_BACKGROUND },
	{ "background-color", 16, STYLE_BACKGROUND, READ_COLOUR },
	{ "background-image", 16, STYLE_BACKGROUND, READ_IMAGE },
	{ "bottom", 6, STYLE_TOP, READ_OFF },
	{ "clip", 4, STYLE_CLIP, READ_CLIP },
	{ "clip-path", 9, STYLE_CLIP, READ_CLIP },
	{ "color", 5, STYLE_COLOUR, READ_COLOUR },
	{ "display", 7, STYLE_DISPLAY, READ_NONE },
	{ "font", 4, STYLE_FONT, READ_FONT_SHORT },
	{ "font-size", 9, STYLE_FONT, READ_FONT },
	{ "height", 6, STYLE_HEIGHT, READ_BOX },
	{ "left", 4, STYLE_LEFT, READ_FAR },
	{ "margin", 6, STYLE_MARGIN, READ_OFF },
	{ "margin-left", 11, STYLE_MARGIN, READ_OFF },
	{ "margin-top", 10, STYLE_MARGIN, READ_OFF },
	{ "max-height", 10, STYLE_MAX_HEIGHT, READ_BOX },
	{ "max-width", 9, STYLE_MAX_WIDTH, READ_BOX },
	{ "mso-hide", 8, STYLE_MSO_HIDE, READ_NONE },
	{ "opacity", 7, STYLE_OPACITY, READ_OPACITY },
	{ "overflow", 8, STYLE_OVERFLOW, READ_HIDDEN },
	{ "position", 8, STYLE_POSITION, READ_STATIC },
	{ "right", 5, STYLE_LEFT, READ_OFF },
	{ "text-indent", 11, STYLE_INDENT, READ_OFF },
	{ "top", 3, STYLE_TOP, READ_FAR },
	{ "visibility", 10, STYLE_VISIBILITY, READ_HIDDEN },
	{ "width", 5, STYLE_WIDTH, READ_BOX },
};

static const struct {
	const char *name;
	uint32_t hundredths;
} sizes[] = {
	{ "xx-small", 900 }, { "x-small", 1000 }, { "small", 1300 },
	{ "medium", 1600 }, { "large", 1800 }, { "x-large", 2400 },
	{ "xx-large", 3200 }, { "smaller", 80 | STYLE_RELATIVE },
	{ "larger", 120 | STYLE_RELATIVE },
};

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static void put(struct style *s, enum style_property p, uint32_t value,
	bool important)
{
	if (s->important & 1u << p && !important)
		return;
	s->set |= 1u << p;
	if (important)
		s->important |= 1u << p;
	s->value[p] = value;
}

void style_default(struct style *s, enum style_property p, uint32_t value)
{
	if (!(s->set & 1u << p))
		put(s, p, value, false);
}

void style_merge(struct style *s, const struct style *over)
{
	for (uint32_t left = over->set; left; left &= left - 1) {
		unsigned p = (unsigned)__builtin_ctz(left);

		put(s, p, over->value[p], over->important >> p & 1);
	}
}

/* --- values -------------------------------------------------------------- */

static bool has(struct span s, const char *word)
{
	return span_casefind(s, span_of(word)) != SIZE_MAX;
}

static bool read_font(struct span s, uint32_t *value_r)
{
	int64_t n;
	bool relative, unit;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (span_caseeq(s, span_of(sizes[i].name))) {
			*value_r = sizes[i].hundredths;
			return true;
		}
	if (!style_length(&s, &n, &relative, &unit) || n < 0)
		return false;
	n = n < 1000000 ? n : 1000000;
	*value_r = (uint32_t)n | (relative ? STYLE_RELATIVE : 0);
	return true;
}

/* "bold 12px/1.5 Arial": the first length that is no weight. */
static bool read_font_short(struct span s, uint32_t *value_r)
{
	struct span word, rest;

	while (style_word(&s, &word)) {
		int64_t n;
		bool relative, unit;

		rest = word;
		if (style_length(&rest, &n, &relative, &unit) && (unit ||
		    n == 0 || (rest.n && rest.p[0] == '/')))
			return read_font(word, value_r);
	}
	return false;
}

static bool read_background(struct span s, uint32_t *value_r)
{
	struct span word;
	bool any = false;

	if (has(s, "url(") || has(s, "gradient")) {
		*value_r = STYLE_UNKNOWN;
		return true;
	}
	while (!any && style_word(&s, &word))
		any = style_colour(word, value_r);
	if (!any)
		*value_r = STYLE_TRANSPARENT;
	return true;
}

/* Any length of the value is so small, or so far from here. */
static bool any_length(struct span s, int64_t most, int64_t least)
{
	struct span word;

	while (style_word(&s, &word)) {
		int64_t n;
		bool relative, unit;

		if (!style_length(&word, &n, &relative, &unit))
			continue;
		n *= relative ? EM : 1;
		if (n <= most || n >= least)
			return true;
	}
	return false;
}

static bool is_small(struct span s)
{
	int64_t n;
	bool relative, unit;

	return style_length(&s, &n, &relative, &unit) &&
		(relative ? n == 0 : n <= LEAST);
}

/* rect() of nothing, inset(50%) or more, circle(0) */
static bool clips_all(struct span s)
{
	struct span args = span_after(s, span_chr(s, '('));
	bool relative, unit, inset = span_casestarts(s, SPAN("inset"));
	bool any = false;
	int64_t n;

	while (args.n) {
		if (!style_length(&args, &n, &relative, &unit)) {
			args = span_after(args, 1);
			continue;
		}
		if (inset)
			return relative && n >= 50;
		if (n > LEAST)
			return false;
		any = true;
	}
	return any;
}

/* The value as it is kept; false: it says nothing. */
static bool read_value(struct span s, enum reader reader, uint32_t *value_r)
{
	int64_t n;
	bool relative, unit;

	switch (reader) {
	case READ_NONE:
		*value_r = !(span_caseeq(s, SPAN("none")) ||
			span_caseeq(s, SPAN("all")));
		return true;
	case READ_HIDDEN:
		*value_r = !(span_caseeq(s, SPAN("hidden")) ||
			span_caseeq(s, SPAN("collapse")) ||
			span_caseeq(s, SPAN("clip")));
		return true;
	case READ_STATIC:
		*value_r = !span_caseeq(s, SPAN("static"));
		return true;
	case READ_OPACITY:
		if (!style_length(&s, &n, &relative, &unit))
			return false;
		*value_r = n < 0 ? 0 : n > 100 ? 1000 : (uint32_t)n * 10;
		return true;
	case READ_FONT:
		return read_font(s, value_r);
	case READ_FONT_SHORT:
		return read_font_short(s, value_r);
	case READ_COLOUR:
		return style_colour(s, value_r);
	case READ_BACKGROUND:
		return read_background(s, value_r);
	case READ_IMAGE:
		*value_r = STYLE_UNKNOWN;
		return !span_caseeq(s, SPAN("none"));
	case READ_BOX:
		*value_r = !is_small(s);
		return true;
	case READ_OFF:
		*value_r = !any_length(s, OFF_SCREEN, INT64_MAX);
		return true;
	case READ_FAR:
		*value_r = !any_length(s, OFF_SCREEN, -10 * OFF_SCREEN);
		return true;
	case READ_CLIP:
		*value_r = !clips_all(s);
		return true;
	}
	return false;
}

/* --- declarations -------------------------------------------------------- */

/* Takes "!important" off the end. */
static bool take_important(struct span *s)
{
	size_t bang = s->n > 9 ? span_rchr(*s, '!') : SIZE_MAX;

	if (bang == SIZE_MAX || !span_caseeq(span_trim(span_after(*s,
		bang + 1)), SPAN("important")))
		return false;
	*s = span_trim(span_sub(*s, 0, bang));
	return true;
}

static void declare(struct span name, struct span value, struct style *s)
{
	unsigned char first = name.n ? span_lower(name.p[0]) : 0;
	uint32_t v;

	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]);
	     i++) {
		bool important;

		if (properties[i].n != name.n ||
		    (unsigned char)properties[i].name[0] != first ||
		    !span_caseeq(name, span_of(properties[i].name)))
			continue;
		value = span_trim(value);
		important = take_important(&value);
		if (read_value(value, properties[i].reader, &v))
			put(s, properties[i].property, v, important);
		return;
	}
}

/* Behind the end of a comment whose opening stands before `at`. */
static size_t skip_comment(struct span s, size_t at)
{
	while (at < s.n) {
		size_t n = span_chr(span_after(s, at), '*');

		if (n == SIZE_MAX)
			return s.n;
		at += n + 1;
		if (at < s.n && s.p[at] == '/')
			return at + 1;
	}
	return s.n;
}

/* Where the run ends that a quote, a bracket or a comment begins. */
static size_t skip_group(struct span s, size_t at)
{
	unsigned char c = s.p[at];
	struct span after = span_after(s, at + 1);
	size_t n, line;

	if (c == '/')
		return skip_comment(s, at + 2);
	n = span_chr(after, c == '(' ? ')' : c);
	line = c == '(' ? SIZE_MAX : span_chr(span_sub(after, 0, n), '\n');
	n = line < n ? line : n;
	return n == SIZE_MAX ? s.n : at + n + 2;
}

static bool starts_group(struct span s, size_t at)
{
	unsigned char c = s.p[at];

	return c == '(' || c == '"' || c == '\'' ||
		(c == '/' && at + 1 < s.n && s.p[at + 1] == '*');
}

static const unsigned char stops[256] = {
	['('] = 1, ['"'] = 1, ['\''] = 1, ['/'] = 1, [';'] = 1, [':'] = 1,
	['{'] = 1, ['}'] = 1,
};

/* The first of the bytes a, b that stands in no group, or the end. */
static size_t find_outside(struct span s, size_t at, unsigned char a,
	unsigned char b)
{
	while (at < s.n) {
		while (at < s.n && !stops[s.p[at]])
			at++;
		if (at >= s.n || s.p[at] == a || s.p[at] == b)
			break;
		at = starts_group(s, at) ? skip_group(s, at) : at + 1;
	}
	return at < s.n ? at : s.n;
}

/* Comments taken out of the front. */
static struct span trim_front(struct span s)
{
	for (;;) {
		s = span_trim(s);
		if (!span_starts(s, SPAN("/*")))
			return s;
		s = span_after(s, skip_group(s, 0));
	}
}

/* "\64 isplay" is "display" (CSS Syntax 3, section 4.3.7). */
static struct span without_escapes(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };
	size_t i = 0;

	while (i < s.n) {
		uint32_t code = 0;
		size_t n = 0;

		if (s.p[i] != '\\') {
			buf_byte(&b, s.p[i++]);
			continue;
		}
		i++;
		while (n < 6 && i < s.n && decode_hex(s.p[i]) >= 0) {
			code = code << 4 | (uint32_t)decode_hex(s.p[i]);
			i++;
			n++;
		}
		if (n && i < s.n && is_blank(s.p[i]))
			i++;
		if (n)
			utf8_put(&b, code);
	}
	return buf_bytes(&b);
}

void style_declare(struct span css, struct arena *a, struct style *s)
{
	size_t at = 0;

	if (span_chr(css, '\\') != SIZE_MAX)
		css = without_escapes(css, a);
	while (at < css.n) {
		size_t end = find_outside(css, at, ';', ';'), colon;
		struct span one = span_sub(css, at, end - at);

		colon = span_chr(one, ':');
		if (colon != SIZE_MAX)
			declare(trim_front(span_trim(span_sub(one, 0, colon))),
				span_after(one, colon + 1), s);
		at = end + 1;
	}
}

/* --- sheets -------------------------------------------------------------- */

static bool is_name_byte(unsigned char c)
{
	return c == '-' || c == '_' || c >= 0x80 || (c >= '0' && c <= '9') ||
		(span_lower(c) >= 'a' && span_lower(c) <= 'z');
}

/* How much a single selector weighs; 0: it is none. */
static unsigned selector_weight(struct span s)
{
	size_t marks = 0;
	bool id = false;

	if (s.n == 0 || s.n > SELECTOR_MAX || span_is(s, "*"))
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' || s.p[i] == '#') {
			id = s.p[i] == '#';
			marks++;
		} else if (!is_name_byte(s.p[i])) {
			return 0;
		}
	}
	if (marks > 1)
		return 0;
	return marks == 0 ? WEIGHS_ELEMENT : (id ? WEIGHS_ID : WEIGHS_CLASS) +
		(unsigned)(s.p[0] != '.' && s.p[0] != '#');
}

/* The element's name is compared in lower case, the others as they are. */
static struct span selector_key(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n);
	bool lower = true;

	for (size_t i = 0; i < s.n; i++) {
		lower = lower && s.p[i] != '.' && s.p[i] != '#';
		p[i] = lower ? span_lower(s.p[i]) : s.p[i];
	}
	return span_from(p, s.n);
}

static void add_rule(struct style_sheet *sheet, struct span selector,
	const struct style *style)
{
	unsigned weight = selector_weight(selector);
	struct rule *r, *first;

	if (weight == 0 || style->set == 0)
		return;
	if (sheet->n == RULES_MAX) {
		sheet->over = true;
		return;
	}
	if (sheet->rules == NULL)
		sheet->rules = map_new(sheet->arena);
	sheet->shapes |= 1u << weight;
	weight = weight * (RULES_MAX + 1) + (unsigned)sheet->n++;
	selector = selector_key(selector, sheet->arena);
	first = map_get(sheet->rules, selector);
	if (first) {
		style_merge(&first->style, style);
		first->weight = weight;
		return;
	}
	r = arena_alloc(sheet->arena, sizeof(*r));
	r->weight = weight;
	r->style = *style;
	map_put(sheet->rules, selector, r);
}

static void add_rules(struct style_sheet *sheet, struct span selectors,
	struct span body)
{
	struct style style = { 0 };
	struct span one;

	style_declare(body, sheet->arena, &style);
	while (style.set && span_cut(&selectors, ',', &one))
		add_rule(sheet, trim_front(span_trim(one)), &style);
}

/* Whether what follows "@media" is for those who read mail on a screen. */
static bool is_for_screen(struct span s)
{
	s = span_trim(s);
	return s.n == 0 || span_caseeq(s, SPAN("screen")) ||
		span_caseeq(s, SPAN("all")) ||
		span_caseeq(s, SPAN("only screen"));
}

/* Passes over a block with blocks in it, from behind its "{". */
static size_t skip_block(struct span css, size_t at)
{
	unsigned depth = 1;

	while (depth && at < css.n) {
		at = find_outside(css, at, '{', '}');
		if (at < css.n)
			depth += css.p[at] == '{' ? 1 : UINT32_MAX;
		at++;
	}
	return at < css.n ? at : css.n;
}

/* A rule from `at` on: where it ends. */
static size_t read_rule(struct style_sheet *sheet, struct span css, size_t at)
{
	size_t open = find_outside(css, at, '{', '}'), semicolon, end;
	struct span head = trim_front(span_sub(css, at, open - at));

	if (open == css.n || css.p[open] == '}')
		return open + 1; /* what ends an @media that was entered */
	if (head.n && head.p[0] == '@') {
		semicolon = span_chr(head, ';');
		if (semicolon != SIZE_MAX) /* @import "x"; */
			return (size_t)(head.p - css.p) + semicolon + 1;
		if (span_casestarts(head, SPAN("@media")) &&
		    is_for_screen(span_after(head, 6)))
			return open + 1;
		return skip_block(css, open + 1);
	}
	end = find_outside(css, open + 1, '}', '}');
	add_rules(sheet, head, span_sub(css, open + 1, end - open - 1));
	return end + 1;
}

void style_read(struct style_sheet *sheet, struct span css)
{
	size_t at = 0;

	/* "<!--" and "-->" around it are blanks (CSS Syntax 3, 5.3.3) */
	css = span_trim(css);
	if (span_starts(css, SPAN("<!--")))
		css = span_after(css, 4);
	while (at < css.n)
		at = read_rule(sheet, css, at);
}

struct matches {
	const struct rule *v[MATCHES_MAX];
	size_t n;
};

/* Keeps them in order of weight. */
static void add_match(const struct style_sheet *sheet, struct matches *m,
	struct span element, unsigned char mark, struct span name)
{
	unsigned char key[2 * SELECTOR_MAX];
	const struct rule *r;
	size_t n = 0, i;

	if (element.n > SELECTOR_MAX || name.n >= SELECTOR_MAX ||
	    m->n == MATCHES_MAX)
		return;
	while (n < element.n) {
		key[n] = span_lower(element.p[n]);
		n++;
	}
	if (mark) {
		key[n++] = mark;
		memcpy(key + n, name.p, name.n);
	}
	r = map_get(sheet->rules, span_from(key, n + name.n));
	if (r == NULL)
		return;
	for (i = m->n++; i && m->v[i - 1]->weight > r->weight; i--)
		m->v[i] = m->v[i - 1];
	m->v[i] = r;
}

void style_match(const struct style_sheet *sheet, struct span element,
	struct span id, struct span classes, struct style *s)
{
	struct matches m = { .n = 0 };
	struct span name;

	if (sheet->shapes & 1u << WEIGHS_ELEMENT)
		add_match(sheet, &m, element, 0, SPAN(""));
	for (size_t i = 0; i < CLASSES_MAX && style_word(&classes, &name);
	     i++) {
		if (sheet->shapes & 1u << WEIGHS_CLASS)
			add_match(sheet, &m, SPAN(""), '.', name);
		if (sheet->shapes & 1u << (WEIGHS_CLASS + 1))
			add_match(sheet, &m, element, '.', name);
	}
	id = span_trim(id);
	if (id.n && sheet->shapes & 1u << WEIGHS_ID)
		add_match(sheet, &m, SPAN(""), '#', id);
	if (id.n && sheet->shapes & 1u << (WEIGHS_ID + 1))
		add_match(sheet, &m, element, '#', id);
	for (size_t i = 0; i < m.n; i++)
		style_merge(s, &m.v[i]->style);
}

/* --- what a sheet loads -------------------------------------------------- */

/* What stands in quotes, or up to what no URL without quotes has. */
static struct span url_value(struct span s)
{
	unsigned char quote;
	size_t n = 0;

	s = span_sub(trim_front(s), 0, URL_MAX);
	quote = s.n ? s.p[0] : 0;
	if (quote == '"' || quote == '\'') {
		s = span_after(s, 1);
		while (n < s.n && s.p[n] != quote && s.p[n] != '\n')
			n++;
	} else {
		while (n < s.n && s.p[n] > ' ' && !memchr("()'\"", s.p[n], 4))
			n++;
	}
	return span_sub(s, 0, n);
}

bool style_next_url(struct span css, size_t *at, struct span *url_r)
{
	while (*at < css.n) {
		struct span rest = span_after(css, (*at)++), name;

		if (rest.p[0] == '@')
			name = SPAN("@import");
		else if (rest.p[0] == 'u' || rest.p[0] == 'U')
			name = SPAN("url(");
		else
			continue;
		if (!span_casestarts(rest, name))
			continue;
		rest = span_after(rest, name.n);
		*url_r = url_value(rest);
		/* after @import it is a string, or url() comes yet */
		if (url_r->n == 0 || (name.n > 4 && url_r->p[-1] != '"' &&
		    url_r->p[-1] != '\''))
			continue;
		*at = (size_t)(url_r->p - css.p) + url_r->n;
		return true;
	}
	return false;
}
