#include "mail/html_reader.h"

#include <stddef.h>
#include <string.h>

#include "base/map.h"
#include "base/utf8.h"

enum { TINY = 1, TITLE_MAX = 512, STYLES_KEPT = 256 };

static bool has(const struct html_tag *t, enum html_attr a)
{
	return t->has >> a & 1;
}

static struct span attr(const struct html_tag *t, enum html_attr a)
{
	return has(t, a) ? t->value[a] : SPAN("");
}

/* --- where text goes ----------------------------------------------------- */

/* Ends a piece of hidden text, and counts it when there was any. */
static void end_piece(struct html_reader *r)
{
	if (r->to == &r->hidden && r->hidden.out.n > r->piece)
		r->h->hidden_pieces++;
}

static void choose_writer(struct html_reader *r)
{
	unsigned hides = html_looks_hide(&r->looks);
	struct html_writer *to = r->t.inside ? &r->other :
		hides ? &r->hidden : &r->seen;

	if (to != r->to) {
		end_piece(r);
		if (to == &r->hidden) {
			html_put_blank(to, ' ');
			r->piece = to->out.n;
		}
		to->pre = r->to->pre;
		r->to = to;
	}
}

/* What is not displayed parts no lines; what cannot be read does. */
static void put_breaks(struct html_reader *r, unsigned n)
{
	html_put_breaks(r->to, n);
	if (r->to == &r->hidden && !(html_looks_hide(&r->looks) &
	    (HIDE_DISPLAY | HIDE_ELEMENT)))
		html_put_breaks(&r->seen, n);
}

static void put_text(struct html_reader *r, struct span s, bool references)
{
	size_t before = r->to->out.n;

	html_put_text(r->to, s, references);
	if (r->to == &r->hidden && r->to->out.n > before)
		r->h->hidden_by |= html_looks_hide(&r->looks);
}

/* --- how an element looks ------------------------------------------------ */

static bool is_number_at_most(struct span s, uint64_t most)
{
	size_t n = 0;
	uint64_t value;

	s = span_trim(s);
	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n && span_u64(span_sub(s, 0, n), most, &value) &&
		(n == s.n || s.p[n] != '%');
}

/* Attributes that say what style="" would, but weigh less. */
static void add_attributes(const struct html_tag *t, struct style *s)
{
	if (has(t, ATTR_BACKGROUND))
		style_default(s, STYLE_BACKGROUND, STYLE_UNKNOWN);
	if (has(t, ATTR_BGCOLOR))
		style_default(s, STYLE_BACKGROUND,
			style_legacy_colour(t->value[ATTR_BGCOLOR]));
	if (has(t, ATTR_COLOR))
		style_default(s, STYLE_COLOUR,
			style_legacy_colour(t->value[ATTR_COLOR]));
	if (has(t, ATTR_TEXT) && t->element->kind == KIND_BODY)
		style_default(s, STYLE_COLOUR,
			style_legacy_colour(t->value[ATTR_TEXT]));
	if (has(t, ATTR_HIDDEN) || (t->element->kind == KIND_HIDDEN &&
	    !(has(t, ATTR_OPEN) && span_caseeq(t->name, SPAN("dialog")))))
		style_default(s, STYLE_DISPLAY, 0);
	if (has(t, ATTR_WIDTH) && is_number_at_most(t->value[ATTR_WIDTH], 0))
		style_default(s, STYLE_WIDTH, 0);
	if (has(t, ATTR_HEIGHT) && is_number_at_most(t->value[ATTR_HEIGHT], 0))
		style_default(s, STYLE_HEIGHT, 0);
}

/* A style="" as it was read before: pages repeat them again and again. */
static const struct style *declared(struct html_reader *r, struct span written)
{
	struct style *s = map_get(r->styles, written);
	struct span css;

	if (s)
		return s;
	s = &r->one_style;
	if (map_count(r->styles) < STYLES_KEPT) {
		s = arena_alloc(r->arena, sizeof(*s));
		map_put(r->styles, written, s);
	}
	*s = (struct style){ 0 };
	css = html_value(r, written, false);
	style_declare(css, r->arena, s);
	if (span_chr(css, '(') != SIZE_MAX)
		html_add_css(r, css);
	return s;
}

static void read_style(struct html_reader *r, const struct html_tag *t,
	struct style *s)
{
	*s = (struct style){ 0 };
	if (r->sheet.n)
		style_match(&r->sheet, t->name, attr(t, ATTR_ID),
			attr(t, ATTR_CLASS), s);
	if (has(t, ATTR_STYLE))
		style_merge(s, declared(r, t->value[ATTR_STYLE]));
	add_attributes(t, s);
	if (s->set >> STYLE_MSO_HIDE & 1 && s->value[STYLE_MSO_HIDE] == 0)
		r->h->flags |= HTML_MSO_HIDE;
}

/* --- what stands in raw text --------------------------------------------- */

static void read_sheet(struct html_reader *r, struct span css)
{
	html_add_css(r, css);
	if (r->t.inside || r->second)
		return;
	/* It holds for the text before it, too. */
	if (r->seen.out.n + r->hidden.out.n > 0)
		r->again = true;
	style_read(&r->sheet, css);
}

static void read_title(struct html_reader *r, struct span s)
{
	struct html_writer w = { .out = { .arena = r->arena },
		.max = TITLE_MAX };

	if (r->h->title.n)
		return;
	html_put_text(&w, s, true);
	r->h->title = buf_bytes(&w.out);
}

static void show_raw(struct html_reader *r, struct span s, bool references)
{
	put_breaks(r, 1);
	r->to->pre++;
	put_text(r, s, references);
	r->to->pre--;
	put_breaks(r, 1);
}

static void hide_raw(struct html_reader *r, struct span s)
{
	struct html_writer *to = r->to;

	if (span_trim(s).n == 0)
		return;
	r->to = r->t.inside ? &r->other : &r->hidden;
	html_put_blank(r->to, ' ');
	put_text(r, s, true);
	html_put_blank(r->to, ' ');
	if (!r->t.inside) {
		r->h->hidden_by |= HIDE_ELEMENT;
		r->h->hidden_pieces++;
	}
	r->to = to;
}

static void begin_raw(struct html_reader *r, const struct html_tag *t)
{
	enum html_kind kind = t->element->kind;
	struct span s;

	if (kind == KIND_RAW_TO_END) {
		r->h->flags |= HTML_PLAINTEXT;
		s = r->t.in;
		r->t.in.n = 0;
	} else {
		s = html_take_raw(&r->t, t->name);
	}
	if (kind == KIND_SCRIPT)
		html_add_script(r, s);
	else if (kind == KIND_STYLE)
		read_sheet(r, s);
	else if (kind == KIND_TITLE)
		read_title(r, s);
	else if (kind == KIND_DROPPED || kind == KIND_FRAME)
		hide_raw(r, s);
	else
		show_raw(r, s, kind == KIND_FIELD);
}

/* --- start tags ---------------------------------------------------------- */

static void show_image(struct html_reader *r, const struct html_tag *t,
	const struct style *s)
{
	struct span alt = html_value(r, attr(t, ATTR_ALT), false);
	bool narrow = is_number_at_most(attr(t, ATTR_WIDTH), TINY) ||
		(s->set >> STYLE_WIDTH & 1 && s->value[STYLE_WIDTH] == 0);
	bool low = is_number_at_most(attr(t, ATTR_HEIGHT), TINY) ||
		(s->set >> STYLE_HEIGHT & 1 && s->value[STYLE_HEIGHT] == 0);
	unsigned flags = narrow && low ? HTML_LINK_TINY : 0;

	if (r->to == &r->hidden || (s->set >> STYLE_DISPLAY & 1 &&
	    s->value[STYLE_DISPLAY] == 0))
		flags |= HTML_LINK_HIDDEN;
	else if (!flags)
		r->anchor_flags |= HTML_LINK_IMAGE;
	html_add_link(r, HTML_IMG, attr(t, ATTR_SRC), flags);
	if (has(t, ATTR_SRCSET))
		html_add_srcset(r, t->value[ATTR_SRCSET]);
	if (alt.n == 0)
		return;
	html_put(r->to, SPAN("["));
	put_text(r, alt, false);
	html_put(r->to, SPAN("]"));
}

/* <meta http-equiv=refresh content="0; url=http://a.example/"> */
static void read_meta(struct html_reader *r, const struct html_tag *t)
{
	struct span s = html_value(r, attr(t, ATTR_CONTENT), false);
	size_t at;

	if (!span_caseeq(span_trim(attr(t, ATTR_HTTP_EQUIV)), SPAN("refresh")))
		return;
	for (at = 0; at < s.n && s.p[at] != ';' && s.p[at] != ','; at++)
		;
	s = span_trim(span_after(s, at + 1));
	if (span_casestarts(s, SPAN("url"))) {
		struct span rest = span_trim(span_after(s, 3));

		if (rest.n && rest.p[0] == '=')
			s = span_trim(span_after(rest, 1));
	}
	if (s.n && (s.p[0] == '"' || s.p[0] == '\''))
		s = span_sub(span_after(s, 1), 0, span_chr(span_after(s, 1),
			s.p[0]));
	if (s.n == 0)
		return;
	r->h->flags |= HTML_REFRESH;
	html_add_link(r, HTML_META_REFRESH, s, 0);
}

static void read_input(struct html_reader *r, const struct html_tag *t)
{
	struct span type = span_trim(attr(t, ATTR_TYPE));
	bool password = span_caseeq(type, SPAN("password"));

	if (has(t, ATTR_FORMACTION))
		html_add_link(r, HTML_ACTION, t->value[ATTR_FORMACTION], 0);
	if (span_caseeq(type, SPAN("hidden")))
		return;
	r->h->flags |= HTML_INPUT | (password ? HTML_PASSWORD : 0);
	if (r->form)
		r->h->links[r->form - 1].flags |= HTML_LINK_INPUT |
			(password ? HTML_LINK_PASSWORD : 0);
	if (span_caseeq(type, SPAN("image")))
		html_add_link(r, HTML_IMG, attr(t, ATTR_SRC), 0);
}

static void read_frame(struct html_reader *r, const struct html_tag *t)
{
	r->h->flags |= HTML_FRAME;
	html_add_link(r, HTML_IFRAME, attr(t, ATTR_SRC), 0);
	if (has(t, ATTR_SRCDOC))
		html_add_data(r, SPAN("text/html"), html_value(r,
			t->value[ATTR_SRCDOC], false));
}

/* What an element refers to, apart from its text. */
static void read_targets(struct html_reader *r, const struct html_tag *t)
{
	switch (t->element->kind) {
	case KIND_AREA:
		html_add_link(r, HTML_AREA, attr(t, ATTR_HREF), 0);
		break;
	case KIND_BASE:
		if (has(t, ATTR_HREF))
			r->h->flags |= HTML_BASE;
		html_add_link(r, HTML_BASE_HREF, attr(t, ATTR_HREF), 0);
		break;
	case KIND_FORM:
		r->h->flags |= HTML_FORM;
		html_add_link(r, HTML_ACTION, attr(t, ATTR_ACTION), 0);
		break;
	case KIND_META:
		read_meta(r, t);
		break;
	case KIND_INPUT:
		read_input(r, t);
		break;
	case KIND_FIELD:
		r->h->flags |= HTML_INPUT;
		break;
	case KIND_SHEET:
		html_add_link(r, HTML_SHEET, attr(t, ATTR_HREF), 0);
		break;
	case KIND_FRAME:
		read_frame(r, t);
		break;
	case KIND_EMBED:
		r->h->flags |= HTML_OBJECT;
		html_add_link(r, HTML_EMBED, attr(t, ATTR_SRC), 0);
		html_add_link(r, HTML_EMBED, attr(t, ATTR_DATA), 0);
		break;
	case KIND_MEDIA:
		html_add_link(r, HTML_SOURCE, attr(t, ATTR_SRC), 0);
		html_add_link(r, HTML_SOURCE, attr(t, ATTR_POSTER), 0);
		break;
	case KIND_SCRIPT:
		html_add_link(r, HTML_SOURCE, attr(t, ATTR_SRC), 0);
		break;
	case KIND_FOREIGN:
		r->h->flags |= HTML_SVG;
		break;
	default:
		break;
	}
	if (has(t, ATTR_BACKGROUND))
		html_add_link(r, HTML_BACKGROUND, t->value[ATTR_BACKGROUND], 0);
	if (has(t, ATTR_XLINK))
		html_add_link(r, HTML_SOURCE, t->value[ATTR_XLINK], 0);
}

/* The lines and marks that come before the content. */
static void begin_text(struct html_reader *r, const struct html_tag *t,
	const struct style *s)
{
	switch (t->element->kind) {
	case KIND_BREAK:
		html_put_line_end(r->to);
		break;
	case KIND_CELL:
		html_put_blank(r->to, ' ');
		break;
	case KIND_ITEM:
		put_breaks(r, 1);
		if (span_caseeq(t->name, SPAN("li"))) {
			html_put(r->to, SPAN("*"));
			html_put_blank(r->to, ' ');
		}
		break;
	case KIND_RULE:
		put_breaks(r, 1);
		html_put(r->to, SPAN("---"));
		put_breaks(r, 1);
		break;
	case KIND_IMAGE:
		show_image(r, t, s);
		break;
	case KIND_PRE:
		put_breaks(r, 2);
		r->to->pre++;
		break;
	case KIND_PARAGRAPH:
	case KIND_LIST:
		put_breaks(r, 2);
		break;
	case KIND_BLOCK:
	case KIND_OPTION:
	case KIND_BODY:
	case KIND_TABLE:
	case KIND_ROW:
	case KIND_FORM:
		put_breaks(r, 1);
		break;
	default:
		break;
	}
}

static bool closes_others(enum html_kind kind)
{
	return kind == KIND_BLOCK || kind == KIND_PARAGRAPH ||
		kind == KIND_LIST || kind == KIND_PRE || kind == KIND_RULE ||
		kind == KIND_FORM || kind == KIND_ITEM ||
		kind == KIND_OPTION || kind == KIND_CELL || kind == KIND_ROW;
}

static void begin(struct html_reader *r, const struct html_tag *t)
{
	enum html_kind kind = t->element->kind;
	struct style own;

	if (t->event)
		r->h->flags |= HTML_EVENT;
	if (closes_others(kind))
		html_looks_imply(&r->looks, kind);
	if (kind == KIND_LINK) /* one does not stand in another */
		html_looks_pop(&r->looks, t);
	read_style(r, t, &own);
	if (!t->element->empty && kind < KIND_DROPPED &&
	    !html_looks_push(&r->looks, t, &own))
		r->h->flags |= HTML_OVER_DEPTH;
	choose_writer(r);
	read_targets(r, t);
	begin_text(r, t, &own);
	if (kind == KIND_LINK && has(t, ATTR_HREF))
		html_open_anchor(r, t->value[ATTR_HREF]);
	if (kind >= KIND_DROPPED && !t->element->empty)
		begin_raw(r, t);
}

/* --- end tags ------------------------------------------------------------ */

static void end_text(struct html_reader *r, enum html_kind kind)
{
	switch (kind) {
	case KIND_PRE:
		if (r->to->pre)
			r->to->pre--;
		put_breaks(r, 2);
		break;
	case KIND_PARAGRAPH:
	case KIND_LIST:
		put_breaks(r, 2);
		break;
	case KIND_BLOCK:
	case KIND_ITEM:
	case KIND_OPTION:
	case KIND_FORM:
	case KIND_TABLE:
	case KIND_ROW:
		put_breaks(r, 1);
		break;
	case KIND_BREAK: /* browsers read </br> as <br> */
		html_put_line_end(r->to);
		break;
	case KIND_CELL:
		html_put_blank(r->to, ' ');
		break;
	default:
		break;
	}
}

static void end(struct html_reader *r, const struct html_tag *t)
{
	enum html_kind kind = t->element->kind;

	end_text(r, kind);
	if (kind == KIND_LINK)
		html_close_anchor(r);
	if (kind == KIND_FORM)
		r->form = 0;
	html_looks_pop(&r->looks, t);
	choose_writer(r);
}

/* --- the page ------------------------------------------------------------ */

/* In a conditional comment elements are opened and closed on their own. */
static void enter_comment(struct html_reader *r)
{
	r->looks.floor = r->looks.n;
	choose_writer(r);
	html_put_breaks(r->to, 1);
}

static void leave_comment(struct html_reader *r)
{
	r->looks.n = r->looks.floor;
	r->looks.floor = 0;
	choose_writer(r);
}

static void read_tokens(struct html_reader *r)
{
	for (;;) {
		switch (html_next(&r->t)) {
		case HTML_TOKEN_END:
			return;
		case HTML_TOKEN_TEXT:
			put_text(r, r->t.text, true);
			break;
		case HTML_TOKEN_TAG:
			if (r->t.tag.end)
				end(r, &r->t.tag);
			else
				begin(r, &r->t.tag);
			break;
		case HTML_TOKEN_IF:
			enter_comment(r);
			break;
		case HTML_TOKEN_ENDIF:
			leave_comment(r);
			break;
		case HTML_TOKEN_REST:
			html_put_text(&r->other, r->t.text, false);
			break;
		}
	}
}

static void finish(struct html_reader *r)
{
	struct html *h = r->h;

	html_close_anchor(r);
	end_piece(r);
	h->text = buf_bytes(&r->seen.out);
	h->hidden = buf_bytes(&r->hidden.out);
	h->other = buf_bytes(&r->other.out);
	h->zero_width = r->seen.zero_width;
	h->flags |= r->t.flags;
	if (r->seen.full || r->hidden.full || r->other.full)
		h->flags |= HTML_OVER_TEXT;
	if (r->seen.bidi || r->hidden.bidi || r->other.bidi)
		h->flags |= HTML_BIDI;
	if (r->looks.work > LOOKS_WORK_MAX)
		h->flags |= HTML_OVER_DEPTH;
	if (r->sheet.over)
		h->flags |= HTML_OVER_STYLE;
}

static void read_page(struct span s, size_t text_max,
	struct html_reader *r)
{
	struct html_writer empty = { .out = { .arena = r->arena },
		.max = text_max };
	struct html *h = r->h;

	*h = (struct html){ 0 };
	r->t = (struct html_tokens){ .in = s };
	r->seen = r->hidden = r->other = empty;
	buf_room(&r->seen.out, s.n / 4 < text_max ? s.n / 4 : text_max);
	r->to = &r->seen;
	r->links = map_new(r->arena);
	r->styles = map_new(r->arena);
	r->links_cap = r->scripts_cap = r->data_cap = 0;
	r->anchor.n = 0;
	r->form = 0;
	r->again = false;
	html_looks_begin(&r->looks);
	read_tokens(r);
	finish(r);
}

/* A second time with all style sheets known, where one came late. */
static void read_twice(struct span s, size_t text_max, bool inner,
	const struct mail_limits *l, struct arena *a, struct html *h_r)
{
	struct html_reader r;

	/* the looks are set as they come: clearing them all would take time */
	memset(&r, 0, offsetof(struct html_reader, looks));
	r.limits = l;
	r.arena = a;
	r.h = h_r;
	r.inner = inner;
	r.sheet.arena = r.key.arena = a;
	read_page(s, text_max, &r);
	r.second = true;
	if (r.again && r.sheet.n)
		read_page(s, text_max, &r);
}

static bool is_page(const struct html_data *d)
{
	return span_is(d->type, "text/html") ||
		span_is(d->type, "application/xhtml+xml") ||
		span_is(d->type, "image/svg+xml");
}

void html_read(struct span s, size_t text_max, const struct mail_limits *l,
	struct arena *a, struct html *h_r)
{
	read_twice(s, text_max, false, l, a, h_r);
	for (size_t i = 0; i < h_r->ndata; i++) {
		struct buf b = { .arena = a };

		if (!is_page(&h_r->data[i]))
			continue;
		utf8_sanitise(&b, h_r->data[i].content);
		h_r->data[i].page = arena_alloc(a, sizeof(struct html));
		read_twice(buf_bytes(&b), text_max, true, l, a,
			h_r->data[i].page);
	}
}
