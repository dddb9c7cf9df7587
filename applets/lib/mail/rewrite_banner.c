#include "mail/rewrite_part.h"

#include "mail/charset.h"
#include "mail/charset_code.h"
#include "mail/param.h"

/* Doubts about where parts begin, end, or what they hold. */
#define STRUCTURE (MAIL_AMBIG_BOUNDARY | MAIL_AMBIG_ENCODING | \
	MAIL_AMBIG_HEADER_END | MAIL_AMBIG_LINE_END)

/* --- which parts --------------------------------------------------------- */

/* Is it inside of a message that is forwarded? */
static bool is_forwarded(const struct mime_part *p)
{
	for (p = p->parent; p; p = p->parent)
		if (span_starts(p->type, SPAN("message/")))
			return true;
	return false;
}

bool rewrite_has_body(const struct mime_part *p)
{
	return p->header.size > p->header.end;
}

const char *rewrite_seal(const struct mime_part *p)
{
	if (span_is(p->type, "multipart/encrypted"))
		return "encrypted";
	if (span_is(p->type, "multipart/signed") ||
	    span_is(p->type, "application/pkcs7-mime") ||
	    span_is(p->type, "application/x-pkcs7-mime"))
		return "signed";
	return NULL;
}

const char *rewrite_sealed(const struct mime *m)
{
	if (m->flags & STRUCTURE)
		return "ambiguous";
	for (size_t i = 0; i < m->n; i++) {
		const struct mime_part *p = m->parts[i];
		const char *why;

		if (is_forwarded(p))
			continue;
		if (p->origin == MIME_READING)
			return "ambiguous";
		why = rewrite_seal(p);
		if (why)
			return why;
	}
	return NULL;
}

/* The first entity of a multipart: preambles are none. */
static const struct mime_part *first_child(const struct mime_part *p)
{
	const struct mime_part *c = p->child;

	while (c && c->origin != MIME_ENTITY)
		c = c->next;
	return c;
}

bool rewrite_lies_in(const struct mime *m, const struct mime_part *p)
{
	struct span raw = m->root->raw;

	return p->raw.p >= raw.p && p->raw.p + p->raw.n <= raw.p + raw.n;
}

/* Does a reader see it as the text of the message? */
static bool is_shown(const struct mime *m, const struct mime_part *p)
{
	if (!rewrite_lies_in(m, p) || p->origin != MIME_ENTITY ||
	    !mime_is_leaf(p) ||
	    span_is(p->disposition, "attachment") ||
	    !(span_is(p->type, "text/plain") || span_is(p->type, "text/html")))
		return false;
	for (; p->parent; p = p->parent)
		if (!span_starts(p->parent->type, SPAN("multipart/")) ||
		    (!span_is(p->parent->type, "multipart/alternative") &&
		     first_child(p->parent) != p))
			return false;
	return true;
}

/* --- one part ------------------------------------------------------------ */

/* RFC 4880 7, and a key or a whole message in armour. */
static const char *armour(struct span content)
{
	if (span_find(content, SPAN("-----BEGIN PGP SIGNED")) != SIZE_MAX)
		return "signed";
	if (span_find(content, SPAN("-----BEGIN PGP MESSAGE")) != SIZE_MAX)
		return "encrypted";
	return NULL;
}

/* Its label in force: what the part says, unless it became UTF-8. */
static struct span label_of(const struct rewrite_part *w)
{
	return w->utf8 ? SPAN("utf-8") : w->part->charset;
}

/* From now on the part is UTF-8; false: its charset is not known here. */
static bool become_utf8(struct rewrite *r, struct rewrite_part *w)
{
	struct charset_reading text;

	if (w->utf8)
		return true;
	charset_read(w->content, w->part->charset,
		span_is(w->part->type, "text/html"), r->arena, &text);
	w->content = text.text;
	w->utf8 = true;
	return text.known;
}

/* Text with the line ends of the content. */
static struct span with_line_ends(struct rewrite *r, struct span content,
	struct span text)
{
	size_t lf = span_chr(content, '\n');
	bool bare = lf != SIZE_MAX && (lf == 0 || content.p[lf - 1] != '\r');
	struct buf b = { .arena = r->arena };

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\r')
			continue;
		if (text.p[i] == '\n' && !bare)
			buf_byte(&b, '\r');
		buf_byte(&b, text.p[i]);
	}
	if (text.n && text.p[text.n - 1] != '\n')
		buf_string(&b, bare ? "\n" : "\r\n");
	return buf_bytes(&b);
}

/* Puts bytes into the content. */
static void insert(struct rewrite *r, struct rewrite_part *w, size_t at,
	struct span bytes)
{
	struct buf b = { .arena = r->arena };

	buf_room(&b, w->content.n + bytes.n);
	buf_span(&b, span_sub(w->content, 0, at));
	buf_span(&b, bytes);
	buf_span(&b, span_after(w->content, at));
	w->content = buf_bytes(&b);
}

static bool flows(struct rewrite *r, const struct rewrite_part *w)
{
	const struct header_field *f = header_find(&w->part->header,
		SPAN("Content-Type"), 1);
	struct param_found format;
	struct params ps;

	if (w->dropped || f == NULL ||
	    span_casefind(f->value, SPAN("flowed")) == SIZE_MAX)
		return false;
	params_parse(f->value, r->limits, r->arena, &ps);
	return params_find(&ps, SPAN("format"), r->arena, &format) &&
	       span_caseeq(format.value, SPAN("flowed"));
}

/* Lines that do not flow (RFC 3676 4.1, 4.4): "-- " stays a signature's. */
static struct span fixed_lines(struct rewrite *r, struct span text)
{
	struct buf b = { .arena = r->arena };
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		bool cr = line.n && line.p[line.n - 1] == '\r';

		line.n -= cr;
		while (line.n && line.p[line.n - 1] == ' ' &&
		       !span_is(line, "-- "))
			line.n--;
		if (line.n && (line.p[0] == ' ' || line.p[0] == '>' ||
			       span_starts(line, SPAN("From "))))
			buf_byte(&b, ' ');
		buf_span(&b, line);
		if (text.p && (text.n || cr))
			buf_string(&b, cr ? "\r\n" : "\n");
	}
	return buf_bytes(&b);
}

/* What has to stand between the text and a banner behind it. */
static void put_gap(struct rewrite *r, const struct rewrite_part *w,
	struct buf *b)
{
	struct span c = w->content;

	if (c.n == 0)
		return;
	if (c.p[c.n - 1] != '\n')
		buf_string(b, "\r\n");
	while (c.n && (c.p[c.n - 1] == '\n' || c.p[c.n - 1] == '\r'))
		c.n--;
	/* A last line that flows would take the banner in. */
	if (c.n && c.p[c.n - 1] == ' ' && flows(r, w))
		buf_string(b, "\r\n");
}

/* A text that is in shift state at its end (ISO 2022). */
static void put_ascii_state(const struct rewrite_part *w, struct buf *b)
{
	struct span c = w->content;
	size_t at = span_rchr(c, 0x1b);

	if (!w->utf8 && charset_code_of(w->part->charset) == CHARSET_2022_JP &&
	    at != SIZE_MAX && !span_starts(span_after(c, at), SPAN("\x1b(B")))
		buf_string(b, "\x1b(B");
}

/* The charsets that cannot be taken for ASCII, but for one with states. */
static bool is_wide(const struct rewrite_part *w)
{
	enum charset_code code = charset_code_of(label_of(w));

	return !charset_has_ascii(code) && code != CHARSET_2022_JP;
}

static const char *add_text(struct rewrite *r, struct rewrite_part *w,
	const struct rewrite_banner *banner)
{
	struct buf b = { .arena = r->arena };
	struct span text;

	if (is_wide(w) && !become_utf8(r, w))
		return "charset";
	text = with_line_ends(r, w->content, banner->text);
	if (flows(r, w))
		text = fixed_lines(r, text);
	if (!banner->top) {
		put_ascii_state(w, &b);
		put_gap(r, w, &b);
	}
	if (!charset_write(text, label_of(w), &b)) {
		if (!become_utf8(r, w))
			return "charset";
		b.n = 0;
		if (!banner->top)
			put_gap(r, w, &b);
		buf_span(&b, text);
	}
	insert(r, w, banner->top ? 0 : w->content.n, buf_bytes(&b));
	return NULL;
}

static const char *add_html(struct rewrite *r, struct rewrite_part *w,
	const struct rewrite_banner *banner)
{
	struct buf html = { .arena = r->arena }, b = { .arena = r->arena };

	if (!charset_has_ascii(charset_code_of(label_of(w))) &&
	    !become_utf8(r, w))
		return "charset";
	if (banner->html.n)
		buf_span(&html, banner->html);
	else
		rewrite_html_of_text(&html, banner->text);
	rewrite_html_ascii(&b, with_line_ends(r, w->content,
		buf_bytes(&html)));
	insert(r, w, rewrite_html_place(w->content, banner->top),
		buf_bytes(&b));
	return NULL;
}

/* A line of it that is, or begins like, the end of a part around. */
static bool ends_a_part(const struct mime_part *p, struct span text)
{
	for (p = p->parent; p; p = p->parent)
		if (p->boundary.n && span_find(text, p->boundary) != SIZE_MAX)
			return true;
	return false;
}

static const char *add_to(struct rewrite *r, struct mime_part *p,
	const struct rewrite_banner *banner)
{
	struct rewrite_part *w;
	const char *why;

	if (!rewrite_has_body(p))
		return "no text";
	if (ends_a_part(p, banner->text) || ends_a_part(p, banner->html))
		return "boundary";
	w = rewrite_part_of(r, p);
	why = armour(w->content);
	if (why)
		return why;
	if (w->content.n > REWRITE_TEXT_MAX)
		return "too large";
	return rewrite_is_page(w) ? add_html(r, w, banner) :
		add_text(r, w, banner);
}

/* A copy of all that was changed so far. */
static struct rewrite_part *copy_parts(struct rewrite *r)
{
	struct rewrite_part *first = NULL, **last = &first;

	for (const struct rewrite_part *w = r->first; w; w = w->next) {
		*last = arena_alloc(r->arena, sizeof(**last));
		**last = *w;
		last = &(*last)->next;
	}
	return first;
}

const char *rewrite_banner(struct rewrite *r, const struct rewrite_banner *b)
{
	const struct mime *m = r->mime;
	struct rewrite_part *before = copy_parts(r);
	const char *why = rewrite_sealed(m);
	bool any = false;

	for (size_t i = 0; i < m->n && why == NULL; i++) {
		if (!is_shown(m, m->parts[i]))
			continue;
		any = true;
		why = add_to(r, m->parts[i], b);
	}
	/* Both forms of an alternative, or none. */
	if (why)
		r->first = before;
	return why || any ? why : "no text";
}
