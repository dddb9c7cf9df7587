#include "mail/html.h"

#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/utf8.h"

enum { LINK_MAX_BYTES = 2048, BREAKS_MAX = 2 };

/* What an element means for the text. */
enum kind {
	INLINE, BREAK, BLOCK, PARAGRAPH, CELL, ITEM, PRE, RULE, IMAGE, LINK,
	FORM,
	DROPPED,	/* its content is neither text nor tags */
	TITLE,		/* text without tags, not part of the page */
	FIELD,		/* text without tags */
	RAW,		/* text as it stands */
	RAW_TO_END,
};

static const struct {
	const char *name;
	enum kind kind;
} elements[] = {
	{ "a", LINK }, { "address", BLOCK }, { "area", LINK },
	{ "article", BLOCK }, { "base", LINK }, { "blockquote", PARAGRAPH },
	{ "body", BLOCK }, { "br", BREAK }, { "center", BLOCK },
	{ "dd", BLOCK }, { "div", BLOCK }, { "dl", PARAGRAPH },
	{ "dt", BLOCK }, { "fieldset", BLOCK }, { "footer", BLOCK },
	{ "form", FORM }, { "h1", PARAGRAPH }, { "h2", PARAGRAPH },
	{ "h3", PARAGRAPH }, { "h4", PARAGRAPH }, { "h5", PARAGRAPH },
	{ "h6", PARAGRAPH }, { "header", BLOCK }, { "hr", RULE },
	{ "iframe", DROPPED }, { "img", IMAGE }, { "li", ITEM },
	{ "main", BLOCK }, { "nav", BLOCK }, { "noembed", DROPPED },
	{ "noframes", DROPPED }, { "ol", PARAGRAPH }, { "option", BLOCK },
	{ "p", PARAGRAPH }, { "plaintext", RAW_TO_END }, { "pre", PRE },
	{ "script", DROPPED }, { "section", BLOCK }, { "style", DROPPED },
	{ "table", BLOCK }, { "td", CELL }, { "textarea", FIELD },
	{ "th", CELL }, { "title", TITLE }, { "tr", BLOCK },
	{ "ul", PARAGRAPH }, { "xmp", RAW },
};

struct reader {
	struct span in;		/* what is left of it */
	size_t max;
	const struct mail_limits *limits;
	struct arena *a;
	struct buf out;
	unsigned breaks;	/* line ends that go before the next text */
	bool blank;		/* a blank goes before it */
	bool full;
	unsigned pre;		/* so many pre elements are open */
	struct map *seen;	/* links */
	size_t links_cap;
	struct html *h;
};

struct tag {
	struct span name;
	bool end;
	struct span target, alt; /* as written */
};

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_letter(unsigned char c)
{
	return span_lower(c) >= 'a' && span_lower(c) <= 'z';
}

static void skip(struct reader *r, size_t n)
{
	r->in = span_after(r->in, n);
}

/* Passes over everything up to and including `what`, or the end. */
static void skip_past(struct reader *r, struct span what)
{
	size_t at = span_find(r->in, what);

	skip(r, at == SIZE_MAX ? r->in.n : at + what.n);
}

static void want_breaks(struct reader *r, unsigned n)
{
	r->blank = false;
	if (r->breaks < n)
		r->breaks = n;
}

static void one_more_break(struct reader *r)
{
	want_breaks(r, r->breaks < BREAKS_MAX ? r->breaks + 1 : BREAKS_MAX);
}

/* What of s there is room for, in whole characters. */
static struct span fitting(struct reader *r, struct span s)
{
	size_t room = r->max - r->out.n, n;

	room = room > BREAKS_MAX ? room - BREAKS_MAX : 0;
	if (s.n <= room)
		return s;
	r->full = r->h->cut = true;
	for (n = room; n && (s.p[n] & 0xc0) == 0x80; n--)
		;
	return span_sub(s, 0, n);
}

/* Characters that are no blanks. */
static void put(struct reader *r, struct span s)
{
	if (r->full || (s = fitting(r, s)).n == 0)
		return;
	if (r->out.n)
		for (unsigned i = 0; i < r->breaks; i++)
			buf_byte(&r->out, '\n');
	if (r->blank && r->breaks == 0 && r->out.n)
		buf_byte(&r->out, ' ');
	r->breaks = 0;
	r->blank = false;
	buf_span(&r->out, s);
}

static void put_blank(struct reader *r, unsigned char c)
{
	if (r->pre == 0)
		r->blank = r->blank || r->breaks == 0;
	else if (c == '\n')
		one_more_break(r);
	else if (c != '\r')
		put(r, SPAN(" "));
}

static void put_code(struct reader *r, uint32_t code)
{
	unsigned char room[8];
	struct buf b = { .p = room, .cap = sizeof(room) };

	if (code < 128 && is_blank((unsigned char)code)) {
		put_blank(r, (unsigned char)code);
		return;
	}
	utf8_put(&b, code == 0xa0 ? ' ' : code < ' ' ? 0xfffd : code);
	put(r, buf_bytes(&b));
}

/* The run of bytes that are text and neither blank nor a reference. */
static size_t word_length(struct span s)
{
	size_t n = 0;

	while (n < s.n && !is_blank(s.p[n]) && s.p[n] != '&')
		n++;
	return n;
}

static void put_text(struct reader *r, struct span s, bool references)
{
	while (s.n && !r->full) {
		uint32_t code = s.p[0];
		size_t n = references ? html_reference(s, false, &code) : 0;

		if (n || is_blank(s.p[0])) {
			put_code(r, code);
			s = span_after(s, n ? n : 1);
			continue;
		}
		n = 1 + word_length(span_after(s, 1));
		put(r, span_sub(s, 0, n));
		s = span_after(s, n);
	}
}

/* References decoded; of a target also without what browsers drop. */
static struct span attribute(struct reader *r, struct span s, bool target)
{
	struct buf b = { .arena = r->a };

	s = span_sub(s, 0, LINK_MAX_BYTES);
	while (s.n) {
		uint32_t code = 0;
		size_t n = html_reference(s, true, &code);

		if (n == 0) {
			n = utf8_next(s, &code);
			n = n ? n : 1;
		}
		s = span_after(s, n);
		if (!target || (code != '\t' && code != '\n' && code != '\r'))
			utf8_put(&b, code ? code : 0xfffd);
	}
	return span_trim(buf_bytes(&b));
}

static void add_link(struct reader *r, struct span written)
{
	struct span s = attribute(r, written, true), *grown;

	if (s.n == 0 || s.p[0] == '#' || map_get(r->seen, s))
		return;
	if (r->h->nlinks == r->limits->urls) {
		r->h->cut = true;
		return;
	}
	if (r->h->nlinks == r->links_cap) {
		r->links_cap = r->links_cap ? 2 * r->links_cap : 16;
		grown = arena_array(r->a, r->links_cap, sizeof(*grown));
		if (r->h->nlinks)
			memcpy(grown, r->h->links,
				r->h->nlinks * sizeof(*grown));
		r->h->links = grown;
	}
	map_put(r->seen, s, r->h);
	r->h->links[r->h->nlinks++] = s;
}

/* Passes over blanks and slashes between attributes. */
static void skip_between(struct reader *r)
{
	while (r->in.n && (is_blank(r->in.p[0]) || r->in.p[0] == '/'))
		skip(r, 1);
}

static void skip_blanks(struct reader *r)
{
	while (r->in.n && is_blank(r->in.p[0]))
		skip(r, 1);
}

/* The value after "="; an unclosed quote takes everything, as in browsers. */
static struct span read_value(struct reader *r)
{
	struct span s;
	size_t n = 0;

	skip_blanks(r);
	if (r->in.n && (r->in.p[0] == '"' || r->in.p[0] == '\'')) {
		unsigned char quote = r->in.p[0];

		s = span_after(r->in, 1);
		s = span_sub(s, 0, span_chr(s, quote));
		skip(r, s.n + 2);
		return s;
	}
	while (n < r->in.n && !is_blank(r->in.p[n]) && r->in.p[n] != '>')
		n++;
	s = span_sub(r->in, 0, n);
	skip(r, n);
	return s;
}

static void read_attribute(struct reader *r, struct tag *t)
{
	struct span name, value = { 0 };
	size_t n = 1; /* a "=" in front is part of the name */

	while (n < r->in.n && !is_blank(r->in.p[n]) && r->in.p[n] != '/' &&
	       r->in.p[n] != '>' && r->in.p[n] != '=')
		n++;
	name = span_sub(r->in, 0, n);
	skip(r, n);
	skip_blanks(r);
	if (r->in.n && r->in.p[0] == '=') {
		skip(r, 1);
		value = read_value(r);
	}
	/* The first of several with one name counts. */
	if (t->target.p == NULL && (span_caseeq(name, SPAN("href")) ||
	    span_caseeq(name, SPAN("action"))))
		t->target = value;
	else if (t->alt.p == NULL && span_caseeq(name, SPAN("alt")))
		t->alt = value;
}

/* A tag, of which "<" or "</" is gone; false: the page ends in it. */
static bool read_tag(struct reader *r, struct tag *t)
{
	size_t n = 0;

	while (n < r->in.n && !is_blank(r->in.p[n]) && r->in.p[n] != '/' &&
	       r->in.p[n] != '>')
		n++;
	t->name = span_sub(r->in, 0, n);
	skip(r, n);
	for (;;) {
		skip_between(r);
		if (r->in.n == 0)
			return false;
		if (r->in.p[0] == '>')
			break;
		read_attribute(r, t);
	}
	skip(r, 1);
	return true;
}

static enum kind find_kind(struct span name)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (span_caseeq(name, span_of(elements[i].name)))
			return elements[i].kind;
	return INLINE;
}

/* The content up to the end tag of that name, where only it is a tag. */
static struct span take_raw(struct reader *r, struct span name)
{
	struct span all = r->in;

	while (r->in.n) {
		struct span s;

		skip(r, span_chr(r->in, '<') == SIZE_MAX ? r->in.n :
			span_chr(r->in, '<'));
		s = span_after(r->in, 2);
		if (r->in.n > 2 && r->in.p[1] == '/' &&
		    span_casestarts(s, name) && s.n > name.n &&
		    (is_blank(s.p[name.n]) || s.p[name.n] == '/' ||
		     s.p[name.n] == '>'))
			break;
		if (r->in.n)
			skip(r, 1);
	}
	return span_sub(all, 0, all.n - r->in.n);
}

static void begin_raw(struct reader *r, const struct tag *t, enum kind kind)
{
	struct span s;

	if (kind == RAW_TO_END) {
		s = r->in;
		skip(r, s.n);
	} else {
		s = take_raw(r, t->name);
	}
	if (kind == DROPPED || kind == TITLE)
		return;
	want_breaks(r, 1);
	r->pre++;
	put_text(r, s, kind == FIELD);
	r->pre--;
	want_breaks(r, 1);
}

static void show_image(struct reader *r, const struct tag *t)
{
	struct span alt = attribute(r, t->alt, false);

	if (alt.n == 0)
		return;
	put(r, SPAN("["));
	put_text(r, alt, false);
	put(r, SPAN("]"));
}

static void begin(struct reader *r, const struct tag *t, enum kind kind)
{
	switch (kind) {
	case INLINE:
		break;
	case BREAK:
		one_more_break(r);
		break;
	case CELL:
		put_blank(r, ' ');
		break;
	case ITEM:
		want_breaks(r, 1);
		put(r, SPAN("*"));
		r->blank = true;
		break;
	case RULE:
		want_breaks(r, 1);
		put(r, SPAN("---"));
		want_breaks(r, 1);
		break;
	case IMAGE:
		show_image(r, t);
		break;
	case LINK:
		add_link(r, t->target);
		break;
	case FORM:
		add_link(r, t->target);
		want_breaks(r, 1);
		break;
	case PRE:
		want_breaks(r, 2);
		r->pre++;
		break;
	case PARAGRAPH:
		want_breaks(r, 2);
		break;
	case BLOCK:
		want_breaks(r, 1);
		break;
	default:
		begin_raw(r, t, kind);
	}
}

static void end(struct reader *r, enum kind kind)
{
	if (kind == PRE && r->pre)
		r->pre--;
	if (kind == PARAGRAPH || kind == PRE)
		want_breaks(r, 2);
	else if (kind == BLOCK || kind == ITEM || kind == FORM)
		want_breaks(r, 1);
	else if (kind == BREAK) /* browsers read </br> as <br> */
		one_more_break(r);
	else if (kind == CELL)
		put_blank(r, ' ');
}

/* "<!--": up to "-->" or "--!>"; "<!-->" and "<!--->" are whole. */
static void skip_comment(struct reader *r)
{
	skip(r, 4);
	if (span_starts(r->in, SPAN(">")) || span_starts(r->in, SPAN("->"))) {
		skip_past(r, SPAN(">"));
		return;
	}
	while (r->in.n) {
		skip_past(r, SPAN("--"));
		while (r->in.n && r->in.p[0] == '-')
			skip(r, 1);
		if (span_starts(r->in, SPAN(">")) ||
		    span_starts(r->in, SPAN("!>"))) {
			skip_past(r, SPAN(">"));
			return;
		}
	}
}

/* At "<": a tag, a comment, or the character itself. */
static void read_markup(struct reader *r)
{
	unsigned char next = r->in.n > 1 ? r->in.p[1] : 0;
	struct tag t = { .end = next == '/' };
	unsigned char first = t.end && r->in.n > 2 ? r->in.p[2] : next;

	if (span_starts(r->in, SPAN("<!--"))) {
		skip_comment(r);
	} else if (is_letter(first)) {
		skip(r, t.end ? 2 : 1);
		if (!read_tag(r, &t))
			return;
		if (t.end)
			end(r, find_kind(t.name));
		else
			begin(r, &t, find_kind(t.name));
	} else if (next == '!' || next == '?' || (t.end && r->in.n > 2)) {
		skip_past(r, SPAN(">"));
	} else {
		put(r, SPAN("<"));
		skip(r, 1);
	}
}

void html_read(struct span s, size_t text_max, const struct mail_limits *l,
	struct arena *a, struct html *h_r)
{
	struct reader r = { .in = s, .max = text_max, .limits = l, .a = a,
		.out = { .arena = a }, .seen = map_new(a), .h = h_r };

	*h_r = (struct html){ 0 };
	while (r.in.n) {
		struct span text = span_sub(r.in, 0, span_chr(r.in, '<'));

		put_text(&r, text, true);
		skip(&r, text.n);
		if (r.in.n)
			read_markup(&r);
	}
	h_r->text = buf_bytes(&r.out);
}
