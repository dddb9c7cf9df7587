#include "mail/edit.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "mail/charset.h"

enum {
	PLAIN_MAX = 900,	/* a line has at most 998 (RFC 5322 2.1.1) */
	WORD_FIRST = 36,	/* bytes in an encoded word: 60 characters, */
	WORD_BYTES = 45,	/* for the name stands before it; then 72 */
};

/* "Name: value" and a line end. */
static struct span format_field(struct span name, struct span value,
	struct arena *a, bool line_end_first)
{
	struct buf b = { .arena = a };

	if (line_end_first)
		buf_string(&b, "\r\n");
	buf_span(&b, name);
	buf_byte(&b, ':');
	if (value.n == 0 || (value.p[0] != ' ' && value.p[0] != '\t'))
		buf_byte(&b, ' ');
	buf_span(&b, value);
	buf_string(&b, "\r\n");
	return buf_bytes(&b);
}

/* Does the block stop in the middle of its last field's line? */
static bool lacks_line_end(const struct header *h)
{
	const struct header_field *f;

	if (h->n == 0)
		return false;
	f = &h->fields[h->n - 1];
	return f->at + f->size == h->end &&
	       f->value.p + f->value.n == f->name.p + f->size;
}

struct edit_splice edit_add_header(const struct header *h, struct span name,
	struct span value, struct arena *a)
{
	return (struct edit_splice){
		.at = h->end,
		.insert = format_field(name, value, a, lacks_line_end(h)),
	};
}

struct edit_splice edit_put_header(struct span name, struct span value,
	struct arena *a)
{
	return (struct edit_splice){
		.insert = format_field(name, value, a, false),
	};
}

bool edit_change_header(const struct header *h, struct span name,
	unsigned nth, struct span value, struct arena *a,
	struct edit_splice *s_r)
{
	if (!edit_remove_header(h, name, nth, s_r))
		return false;
	s_r->insert = format_field(name, value, a, false);
	return true;
}

bool edit_remove_header(const struct header *h, struct span name,
	unsigned nth, struct edit_splice *s_r)
{
	const struct header_field *f = header_find(h, name, nth);

	if (f == NULL)
		return false;
	*s_r = (struct edit_splice){ .at = f->at, .remove = f->size };
	return true;
}

/* Control bytes become blanks, ill-formed ones U+FFFD. */
static struct span clean_text(struct span utf8, struct arena *a)
{
	struct buf b = { .arena = a };

	utf8_sanitise(&b, utf8);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < 32 || b.p[i] == 127)
			b.p[i] = ' ';
	return buf_bytes(&b);
}

/* How many bytes of whole characters fit into max. */
static size_t whole_characters(struct span s, size_t max)
{
	size_t n = 0;

	while (n < s.n) {
		size_t size = utf8_next(span_after(s, n), NULL);

		if (n + size > max)
			break;
		n += size;
	}
	return n;
}

struct span edit_encode_text(struct span utf8, struct arena *a)
{
	struct span rest = clean_text(utf8, a);
	struct buf b = { .arena = a };
	size_t max = WORD_FIRST;

	if (rest.n <= PLAIN_MAX && charset_ascii_run(rest) == rest.n &&
	    span_find(rest, SPAN("=?")) == SIZE_MAX)
		return rest;
	while (rest.n) {
		size_t n = whole_characters(rest, max);

		if (b.n)
			buf_string(&b, "\r\n ");
		buf_string(&b, "=?UTF-8?B?");
		buf_base64(&b, span_sub(rest, 0, n));
		buf_string(&b, "?=");
		rest = span_after(rest, n);
		max = WORD_BYTES;
	}
	return buf_bytes(&b);
}
