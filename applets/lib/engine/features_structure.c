/*
 * Structure: which fields there are, how parts are made, how text and pages
 * are written.
 */
#include "engine/features_put.h"

#include "mail/param.h"

enum { PARTS_MAX = 40, SHAPE_MAX = 16, MARKUP_MAX = 6000, TAG_MAX = 12 };

/* Fields that people's programs write; no others are looked at. */
static const char *const fields[] = {
	"From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To",
	"References", "Reply-To", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding", "Content-Disposition",
	"Content-Language", "X-Mailer", "User-Agent", "X-Priority",
	"X-MSMail-Priority", "Importance", "X-MimeOLE", "Thread-Index",
	"Thread-Topic", "Organization", "Auto-Submitted", "Disposition-"
	"Notification-To", "Priority", "X-Originating-IP", "X-Sender",
};

enum { FIELDS = sizeof(fields) / sizeof(*fields) };

/* Its place in the table, FIELDS when it is not there. */
static size_t field_known(struct span name)
{
	size_t i = 0;

	while (i < FIELDS && !span_caseeq(name, span_of(fields[i])))
		i++;
	return i;
}

/* Which fields are there, which follow each other, which are missing. */
static void put_fields(struct gathered *g)
{
	const struct header *h = &g->f->mime.root->header;
	unsigned times[FIELDS] = { 0 };
	size_t last = FIELDS;

	for (size_t i = 0; i < h->n; i++) {
		size_t known = field_known(h->fields[i].name);

		if (known == FIELDS)
			continue;
		times[known]++;
		features_put_number(g, "order", last * (FIELDS + 1) + known);
		last = known;
	}
	for (size_t i = 0; i < FIELDS; i++)
		features_put_number(g, fields[i], times[i] > 2 ? 2 : times[i]);
}

/* "0000a-a" of "2002081a9-xyz": runs of letters are one a, of digits one 0. */
static struct span shape(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n && b.n < SHAPE_MAX; i++) {
		unsigned char c = span_lower(s.p[i]);

		if (c >= 'a' && c <= 'z')
			c = 'a';
		if (c >= '0' && c <= '9')
			c = '0';
		if (b.n == 0 || b.p[b.n - 1] != c || (c != 'a' && c != '0'))
			buf_byte(&b, c);
	}
	return buf_bytes(&b);
}

static void put_part(struct gathered *g, size_t i)
{
	static const char *const encodings[] = { "7bit", "8bit", "binary",
		"base64", "quoted-printable", "unknown" };
	const struct mime_part *p = g->f->parts[i].mime;
	struct span type = p->type;

	features_put(g, "part", type);
	features_put(g, encodings[p->encoding], type);
	features_put(g, p->depth ? "inner" : "outer", type);
	if (p->charset.n && p->charset.n < TAG_MAX * 2)
		features_put(g, "charset", p->charset);
	if (facts_is_attachment(p)) {
		features_put(g, "attached", type);
		features_put(g, "file", param_extension(p->name));
		features_put(g, "true type", facts_true_type(g->f, i));
	}
	if (p->boundary.p)
		features_put(g, "boundary", shape(p->boundary, g->f->arena));
}

static void put_parts(struct gathered *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->f->mime.n; i++) {
		if (g->f->parts[i].mime->origin != MIME_ENTITY)
			continue;
		if (n++ < PARTS_MAX)
			put_part(g, i);
	}
	features_put_count(g, "parts", n);
}

static void put_flags(struct gathered *g, const char *kind, unsigned flags)
{
	for (size_t bit = 0; bit < 32; bit++)
		if (flags & 1u << bit)
			features_put_number(g, kind, bit);
}

/* How a text is written: shares of kinds of characters. */
static void put_writing(struct gathered *g, struct span s)
{
	size_t upper = 0, lower = 0, digit = 0, high = 0, mark = 0, quote = 0;
	size_t money = 0, lines = 0, blank = 0;

	s = span_sub(s, 0, FEATURES_TEXT_MAX);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		upper += c >= 'A' && c <= 'Z';
		lower += c >= 'a' && c <= 'z';
		digit += c >= '0' && c <= '9';
		high += c >= 0x80;
		mark += c == '!';
		money += c == '$' || c == '%';
		blank += c == ' ' || c == '\t';
		if (i == 0 || s.p[i - 1] == '\n') {
			lines++;
			quote += c == '>' || c == '|';
		}
	}
	features_put_share(g, "capitals", upper, upper + lower);
	features_put_share(g, "digits", digit, s.n);
	features_put_share(g, "blanks", blank, s.n);
	features_put_share(g, "not ASCII", high, s.n);
	features_put_share(g, "quoted", quote, lines);
	features_put_count(g, "line length", lines ? s.n / lines : 0);
	features_put_count(g, "exclamations", mark);
	features_put_count(g, "money", money);
	features_put_count(g, "text length", s.n);
}

static void put_subject(struct gathered *g)
{
	const struct header_field *raw = header_find(
		&g->f->mime.root->header, SPAN("Subject"), 1);
	struct span s = span_trim(g->f->subject);
	size_t upper = 0, lower = 0, marks = 0, digits = 0, high = 0;

	for (size_t i = 0; i < s.n; i++) {
		upper += s.p[i] >= 'A' && s.p[i] <= 'Z';
		lower += s.p[i] >= 'a' && s.p[i] <= 'z';
		digits += s.p[i] >= '0' && s.p[i] <= '9';
		marks += s.p[i] == '!' || s.p[i] == '?' || s.p[i] == '$';
		high += s.p[i] >= 0x80;
	}
	features_put_number(g, "subject answers",
		span_casestarts(s, SPAN("re:")));
	features_put_count(g, "subject length", s.n);
	features_put_share(g, "subject capitals", upper, upper + lower);
	features_put_share(g, "subject not ASCII", high, s.n);
	features_put_count(g, "subject marks", marks);
	features_put_count(g, "subject digits", digits);
	if (raw)
		features_put_number(g, "subject encoded",
			span_find(raw->value, SPAN("=?")) != SIZE_MAX);
	if (s.n)
		features_put(g, "subject end", span_after(s, s.n - 1));
}

void features_of_structure(struct gathered *g)
{
	struct facts *f = g->f;
	size_t texts = 0;

	put_fields(g);
	put_parts(g);
	put_subject(g);
	features_put_count(g, "size", f->mime.root->body.n);
	for (size_t i = 0; i < f->mime.n; i++) {
		const struct mime_part *p = f->parts[i].mime;

		if (p->origin != MIME_ENTITY || !mime_is_text(p) ||
		    facts_is_attachment(p) || texts++)
			continue;
		put_writing(g, span_is(p->type, "text/html") ?
			facts_html(f, i)->text : facts_text(f, i));
	}
	put_flags(g, "doubt", facts_flags(f) & (MAIL_BAD_ENCODING |
		MAIL_AMBIG_FROM | MAIL_AMBIG_BOUNDARY | MAIL_AMBIG_CHARSET |
		MAIL_BAD_UTF8 | MAIL_OTHER_CHARSET | MAIL_HAS_NUL |
		MAIL_UNCLOSED | MAIL_AMBIG_ENCODING | MAIL_BAD_HEADER));
}

/* --- pages --------------------------------------------------------------- */

static bool is_name(unsigned char c)
{
	c = span_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Names of elements and their attributes, as they stand. */
static void put_markup(struct gathered *g, struct span s)
{
	bool inside = false;

	s = span_sub(s, 0, MARKUP_MAX);
	for (size_t i = 0; i < s.n;) {
		size_t n = 0;

		if (s.p[i] == '<' || s.p[i] == '>') {
			inside = s.p[i++] == '<';
			if (!inside)
				continue;
		} else if (!inside || !is_name(s.p[i])) {
			i++;
			continue;
		}
		while (i + n < s.n && n < TAG_MAX && is_name(s.p[i + n]))
			n++;
		if (i + n < s.n && s.p[i + n] == '=')
			features_put(g, "attribute", span_sub(s, i, n));
		else if (i && s.p[i - 1] == '<')
			features_put(g, "element", span_sub(s, i, n));
		i += n ? n : 1;
	}
}

void features_of_page(struct gathered *g)
{
	struct facts *f = g->f;
	const struct html *h = NULL;
	size_t i = 0;

	for (; i < f->mime.n; i++)
		if (f->parts[i].mime->origin == MIME_ENTITY &&
		    span_is(f->parts[i].mime->type, "text/html") &&
		    mime_is_text(f->parts[i].mime))
			break;
	features_put_number(g, "page", i < f->mime.n);
	if (i == f->mime.n)
		return;
	h = facts_html(f, i);
	put_flags(g, "page has", h->flags);
	put_flags(g, "hidden by", h->hidden_by);
	features_put_count(g, "hidden pieces", h->hidden_pieces);
	features_put_share(g, "hidden text", h->hidden.n,
		h->hidden.n + h->text.n);
	features_put_count(g, "invisible characters", h->zero_width);
	features_put_count(g, "images", h->images);
	features_put_count(g, "remote images", h->remote_images);
	features_put_count(g, "tiny images", h->tiny_images);
	features_put_count(g, "links", h->nlinks);
	features_put_number(g, "title", h->title.n > 0);
	features_put_share(g, "seen share", h->text.n,
		facts_text(f, i).n);
	features_put_count(g, "seen", h->text.n);
	put_markup(g, facts_text(f, i));
}
