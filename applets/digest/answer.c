/*
 * What stands in an answer to a digest. Runs in the worker's sandbox: bytes
 * of strangers.
 */
#include "digest.h"

#include "mail/address.h"
#include "mail/html.h"
#include "mail/mime.h"
#include "mail/word.h"

#define LIMITS (&mail_default_limits)

enum { AUTHORS_MAX = 4 };

struct reading {
	struct arena *a;
	struct mime mime;
	struct buf codes;	/* a blank before each */
	size_t n;
};

static bool is_code(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '_'))
			return false;
	}
	return s.n == TICKET_REPLY_TEXT;
}

static void find_codes(struct reading *r, struct span text)
{
	size_t at;

	text = span_sub(text, 0, DIGEST_ANSWER_TEXT);
	while (r->n < DIGEST_ANSWER_TICKETS &&
	       (at = span_find(text, SPAN(DIGEST_ANSWER))) != SIZE_MAX) {
		struct span code;

		text = span_after(text, at + sizeof(DIGEST_ANSWER) - 1);
		code = span_sub(text, 0, TICKET_REPLY_TEXT);
		if (!is_code(code) || text.n == code.n ||
		    text.p[code.n] != ']')
			continue;
		buf_byte(&r->codes, ' ');
		buf_span(&r->codes, code);
		r->n++;
	}
}

static bool is_text(const struct mime_part *p, const char *type)
{
	return mime_is_leaf(p) && span_is(p->type, type) && p->name.n == 0 &&
		!span_caseeq(p->disposition, SPAN("attachment")) &&
		p->origin == MIME_ENTITY;
}

/* The plain text; the page's where there is none. */
static void read_texts(struct reading *r)
{
	bool plain = false;

	for (size_t i = 0; i < r->mime.n; i++)
		if (is_text(r->mime.parts[i], "text/plain")) {
			plain = true;
			find_codes(r, mime_text(r->mime.parts[i], LIMITS,
				r->a));
		}
	for (size_t i = 0; i < r->mime.n && !plain; i++)
		if (is_text(r->mime.parts[i], "text/html")) {
			struct html h;

			html_read(mime_text(r->mime.parts[i], LIMITS, r->a),
				DIGEST_ANSWER_TEXT, LIMITS, r->a, &h);
			find_codes(r, h.text);
		}
}

static struct span value_of(const struct header *h, const char *name)
{
	const struct header_field *f = header_find(h, span_of(name), 1);

	return f ? span_trim(f->value) : SPAN("");
}

/* A vacation's reply quotes the digest, too, and nobody asked for it. */
static bool is_by_a_program(const struct header *h)
{
	struct span automatic = value_of(h, "Auto-Submitted");
	struct span precedence = value_of(h, "Precedence");

	return (automatic.n && !span_caseeq(automatic, SPAN("no"))) ||
		span_caseeq(precedence, SPAN("bulk")) ||
		span_caseeq(precedence, SPAN("junk")) ||
		span_caseeq(precedence, SPAN("list")) ||
		header_find(h, SPAN("List-Id"), 1) ||
		header_find(h, SPAN("X-Autoreply"), 1) ||
		header_find(h, SPAN("X-Autorespond"), 1);
}

/* The one author whom every mail program shows; empty: there is doubt. */
static struct span author_of(const struct mime *m, struct arena *a)
{
	const struct header **h = arena_array(a, m->n, sizeof(*h));
	struct buf lower = { .arena = a };
	struct address *list;
	unsigned flags = 0;
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->parts[i]->depth == 0)
			h[n++] = &m->parts[i]->header;
	n = address_authors(h, n, AUTHORS_MAX, a, &list, &flags);

	if (n != 1 || flags)
		return SPAN("");
	for (size_t i = 0; i < list[0].full.n; i++) {
		unsigned char c = span_lower(list[0].full.p[i]);

		if (c <= ' ' || c >= 0x7f)
			return SPAN("");
		buf_byte(&lower, c);
	}
	return buf_bytes(&lower);
}

void digest_answer_read(const void *self, struct span name,
	struct span message, struct ask *ask, struct arena *a,
	struct buf *line)
{
	struct reading r = { .a = a, .codes = { .arena = a } };
	const struct header *h;
	struct span author;
	unsigned flags = 0;

	(void)self, (void)name, (void)ask;
	mime_parse(message, LIMITS, a, &r.mime);
	h = &r.mime.root->header;
	author = author_of(&r.mime, a);
	if (author.n == 0 || is_by_a_program(h))
		return;
	/* A prepared answer has its code there, and means no other. */
	find_codes(&r, word_decode(value_of(h, "Subject"), a, &flags));
	if (r.n == 0)
		read_texts(&r);
	if (r.n == 0)
		return;
	buf_span(line, author);
	buf_span(line, buf_bytes(&r.codes));
}
