#include "preview.h"

#include "base/map.h"
#include "base/utf8.h"
#include "mail/html.h"
#include "mail/mime.h"
#include "mail/type.h"
#include "mail/url.h"

#define LIMITS (&mail_default_limits)

enum {
	LINKS_MAX = 1000,
	LINK_BYTES = 2048,
	NAME_BYTES = 512,
	NOTES_MAX = 32,
	ESCAPED = 4,	/* a byte of a line becomes at most so many */
};

struct maker {
	struct arena *a;
	struct mime mime;
	struct preview *p;
	struct map *seen;	/* links */
	unsigned flags;
};

/* Valid UTF-8 in one line; what could play tricks is shown as an escape. */
static struct span printable(struct arena *a, struct span s, size_t max)
{
	size_t size;
	char *out;

	s = span_sub(s, 0, max);
	size = s.n * ESCAPED + 1;
	out = arena_alloc(a, size);
	utf8_printable(s, out, size);
	return span_of(out);
}

/* The same of many lines: line ends stay, tabs are blanks. */
static struct span printable_lines(struct arena *a, struct span s, size_t max,
	bool *cut)
{
	struct buf b = { .arena = a };
	struct span line;

	while (b.n < max && span_line(&s, &line)) {
		struct buf plain = { .arena = a };

		for (size_t i = 0; i < line.n && i < max; i++)
			buf_byte(&plain, line.p[i] == '\t' ? ' ' : line.p[i]);
		buf_span(&b, printable(a, buf_bytes(&plain), max));
		buf_byte(&b, '\n');
	}
	*cut = *cut || s.n || b.n > max;
	if (b.n <= max)
		return buf_bytes(&b);
	for (b.n = max; b.n && (b.p[b.n] & 0xc0) == 0x80; b.n--)
		;
	return buf_bytes(&b);
}

static void add_link(struct maker *m, struct span raw)
{
	struct span s = printable(m->a, raw, LINK_BYTES);

	if (s.n == 0 || map_get(m->seen, s) || m->p->nlinks == LINKS_MAX)
		return;
	map_put(m->seen, s, m);
	m->p->links[m->p->nlinks++] = s;
}

static void note(struct maker *m, const char *text)
{
	if (m->p->nnotes < NOTES_MAX)
		m->p->notes[m->p->nnotes++] = span_of(text);
}

static bool is_attachment(const struct mime_part *p)
{
	return p->name.n || span_caseeq(p->disposition, SPAN("attachment"));
}

static bool is_text(const struct mime_part *p, struct span type)
{
	return mime_is_leaf(p) && span_eq(p->type, type) && !is_attachment(p);
}

static void list_parts(struct maker *m)
{
	struct preview *p = m->p;

	p->parts = arena_array(m->a, m->mime.n + 1, sizeof(*p->parts));
	for (size_t i = 0; i < m->mime.n; i++) {
		struct mime_part *part = m->mime.parts[i];
		struct span content;

		if (!mime_is_leaf(part))
			continue;
		content = mime_decode(part, LIMITS, m->a);
		p->parts[p->nparts++] = (struct preview_part){
			.type = printable(m->a, part->type, NAME_BYTES),
			.true_type = type_word(type_of(content)),
			.name = printable(m->a, part->name, NAME_BYTES),
			.size = content.n, .attachment = is_attachment(part),
		};
	}
}

/* The plain texts, and the links in them. */
static void read_plain(struct maker *m, struct buf *text)
{
	struct url_set urls = { 0 };

	for (size_t i = 0; i < m->mime.n; i++) {
		struct mime_part *part = m->mime.parts[i];
		struct span s;

		if (!is_text(part, SPAN("text/plain")))
			continue;
		s = mime_text(part, LIMITS, m->a);
		url_find(s, URL_IN_TEXT, LIMITS, m->a, &urls);
		url_find(mime_other_text(part), URL_IN_TEXT, LIMITS, m->a,
			&urls);
		if (text->n)
			buf_string(text, "\n\n");
		if (text->n <= PREVIEW_TEXT_MAX)
			buf_span(text, s);
	}
	for (size_t i = 0; i < urls.n; i++)
		add_link(m, urls.v[i].raw);
	m->flags |= urls.flags;
}

static void read_links(struct maker *m, const struct html *h)
{
	if (h->flags & HTML_OVER & ~(unsigned)HTML_OVER_TEXT)
		m->flags |= MAIL_OVER_HTML;
	for (size_t i = 0; i < h->nlinks; i++)
		if (h->links[i].kind < HTML_IMG)
			add_link(m, h->links[i].url);
}

/* The pages: links of all; their text only when there is no plain one. */
static bool read_html(struct maker *m, struct buf *text, bool want_text)
{
	bool any = false;

	for (size_t i = 0; i < m->mime.n; i++) {
		struct mime_part *part = m->mime.parts[i];
		struct html h, other;

		if (!is_text(part, SPAN("text/html")))
			continue;
		any = true;
		html_read(mime_text(part, LIMITS, m->a), PREVIEW_TEXT_MAX + 1,
			LIMITS, m->a, &h);
		html_read(mime_other_text(part), PREVIEW_TEXT_MAX, LIMITS,
			m->a, &other);
		read_links(m, &h);
		read_links(m, &other);
		if (want_text && text->n)
			buf_string(text, "\n\n");
		if (want_text && text->n <= PREVIEW_TEXT_MAX)
			buf_span(text, h.text);
	}
	return any;
}

static const struct {
	unsigned flag;
	const char *text;
} doubts[] = {
	{ MAIL_OVER_HEADERS, "It has more header fields than are looked at." },
	{ MAIL_OVER_PARTS, "It has more parts than are looked at." },
	{ MAIL_OVER_DEPTH, "Its parts are nested deeper than is looked at." },
	{ MAIL_OVER_PARAMS, "A field has more parameters than are looked at." },
	{ MAIL_OVER_DECODED, "Unpacked it is larger than is looked at." },
	{ MAIL_OVER_URLS, "It has more links than are listed." },
	{ MAIL_AMBIG_FIELD, "A field that must be single stands there twice: "
		"mail programs may differ in what they show." },
	{ MAIL_AMBIG_BOUNDARY, "Its parts can be taken apart in two ways." },
	{ MAIL_AMBIG_ENCODING, "A part can be decoded in two ways." },
	{ MAIL_BAD_ENCODING, "A part is badly encoded." },
	{ MAIL_NO_BLANK_LINE, "Its header runs into the body or the end." },
	{ MAIL_BAD_HEADER, "Its header has a line that is no field." },
	{ MAIL_HAS_NUL, "It has NUL bytes." },
	{ MAIL_UNCLOSED, "It ends in the middle of a part." },
	{ MAIL_PARTIAL, "It is a piece of a message, or its body lies "
		"elsewhere." },
	{ MAIL_OTHER_CHARSET, "A text is in a charset that is not known "
		"here." },
	{ MAIL_AMBIG_FROM, "Whom it is from can be read in two ways." },
	{ MAIL_AMBIG_HEADER_END, "Its header can be read as ending in two "
		"places." },
	{ MAIL_AMBIG_LINE_END, "Bare CR or LF bytes end lines in some mail "
		"programs only." },
	{ MAIL_AMBIG_NAME, "A file has several names: mail programs differ "
		"in which they show." },
	{ MAIL_AMBIG_CHARSET, "A text is not in the charset that it says: "
		"mail programs may differ in what they show." },
	{ MAIL_AMBIG_ARCHIVE, "An archive can be unpacked in two ways." },
	{ MAIL_OVER_READINGS, "It can be read in more ways than are looked "
		"at." },
	{ MAIL_OVER_ARCHIVE, "Its archives hold more than is looked at." },
	{ MAIL_UNSCAN_ARCHIVE, "An archive cannot be opened." },
	{ MAIL_ENCRYPTED, "Only its reader can open what is in it." },
	{ MAIL_BAD_UTF8, "Its header has bytes that are no text." },
	{ MAIL_OUTSIDE, "Something stands before or after its parts." },
	{ MAIL_OVER_HTML, "Its HTML has more than is looked at." },
};

static void note_doubts(struct maker *m)
{
	const struct header *h = &m->mime.root->header;

	m->flags |= m->mime.flags;
	for (size_t i = 0; i < m->mime.n; i++)
		m->flags |= m->mime.parts[i]->flags;
	if (header_count(h, SPAN("From")) > 1)
		note(m, "It has more than one From field.");
	if (header_count(h, SPAN("From")) == 0)
		note(m, "It has no From field.");
	for (size_t i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++)
		if (m->flags & doubts[i].flag)
			note(m, doubts[i].text);
}

void preview_make(struct span message, struct arena *a,
	struct preview *preview_r)
{
	struct maker m = { .a = a, .p = preview_r, .seen = map_new(a) };
	struct buf text = { .arena = a };
	bool plain, html, headers_cut = false;

	*preview_r = (struct preview){
		.links = arena_array(a, LINKS_MAX, sizeof(struct span)),
		.notes = arena_array(a, NOTES_MAX, sizeof(struct span)),
	};
	mime_parse(message, LIMITS, a, &m.mime);
	mime_open(&m.mime);
	preview_r->headers = printable_lines(a, span_sub(message, 0,
		m.mime.root->header.size), PREVIEW_HEADERS_MAX, &headers_cut);
	list_parts(&m);
	read_plain(&m, &text);
	plain = span_trim(buf_bytes(&text)).n != 0;
	if (!plain)
		text.n = 0;
	html = read_html(&m, &text, !plain);
	preview_r->was_html = html && !plain;
	preview_r->text = printable_lines(a, buf_bytes(&text),
		PREVIEW_TEXT_MAX, &preview_r->cut);
	if (html && plain)
		note(&m, "It has an HTML form, too; its plain text is shown, "
			"and the links of both.");
	if (headers_cut)
		note(&m, "Its header is longer than is shown.");
	note_doubts(&m);
}
