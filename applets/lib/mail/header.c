#include "mail/header.h"

#include <string.h>

enum { FIELDS_FIRST = 16 };

/* The state of one parse. */
struct reader {
	struct span raw;
	const struct mail_limits *limits;
	struct arena *arena;
	struct header *h;
	size_t cap;
	unsigned seen;		/* of the fields that must be single */
	bool open;		/* a field that a fold may continue */
	bool kept;		/* and it is the last of h->fields */
};

/* RFC 5322 section 3.6 and RFC 2045 section 3: at most one of each. */
static unsigned single_bit(struct span name)
{
	static const char *const names[] = {
		"from", "sender", "reply-to", "to", "cc", "bcc", "message-id",
		"in-reply-to", "references", "subject", "date", "mime-version",
		"content-type", "content-transfer-encoding",
		"content-disposition", "content-id",
	};
	unsigned char first = span_lower(name.p[0]);

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((unsigned char)names[i][0] == first &&
		    span_caseeq(name, span_of(names[i])))
			return 1u << i;
	return 0;
}

/* Where the line that ends before `next` ends without its line end. */
static size_t text_end(struct span raw, size_t at, size_t next)
{
	if (next > at && raw.p[next - 1] == '\n') {
		next--;
		if (next > at && raw.p[next - 1] == '\r')
			next--;
	}
	return next;
}

static struct header_field *new_field(struct reader *r)
{
	struct header *h = r->h;

	if (h->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : FIELDS_FIRST;
		struct header_field *f = arena_array(r->arena, cap, sizeof(*f));

		if (h->n)
			memcpy(f, h->fields, h->n * sizeof(*f));
		h->fields = f;
		r->cap = cap;
	}
	return &h->fields[h->n++];
}

/* A field starts here; false: this line is none. */
static bool add_field(struct reader *r, size_t at, size_t end, size_t next)
{
	const unsigned char *p = r->raw.p;
	size_t name_end = at, colon;
	struct header_field *f;
	unsigned bit;

	while (name_end < end && p[name_end] > 32 && p[name_end] < 127 &&
	       p[name_end] != ':')
		name_end++;
	for (colon = name_end; colon < end; colon++)
		if (p[colon] != ' ' && p[colon] != '\t')
			break;
	if (name_end == at || colon == end || p[colon] != ':')
		return false;
	r->open = true;
	r->kept = false;
	if (colon != name_end)
		r->h->flags |= MAIL_BAD_HEADER;
	bit = single_bit(span_sub(r->raw, at, name_end - at));
	if (r->seen & bit)
		r->h->flags |= MAIL_AMBIG_FIELD;
	r->seen |= bit;
	if (r->h->n >= r->limits->headers || next > r->limits->header_bytes) {
		r->h->flags |= MAIL_OVER_HEADERS;
		return true;
	}
	f = new_field(r);
	r->kept = true;
	f->name = span_sub(r->raw, at, name_end - at);
	f->value = span_sub(r->raw, colon + 1, end - colon - 1);
	f->at = at;
	f->size = next - at;
	return true;
}

/* A line that starts with a blank goes on with the field before it. */
static bool add_fold(struct reader *r, size_t at, size_t end, size_t next)
{
	struct header_field *f;

	if (!r->open)
		return false;
	if (span_trim(span_sub(r->raw, at, end - at)).n == 0)
		r->h->flags |= MAIL_BAD_HEADER;
	if (next > r->limits->header_bytes)
		r->h->flags |= MAIL_OVER_HEADERS;
	if (!r->kept)
		return true;
	f = &r->h->fields[r->h->n - 1];
	f->value.n = (size_t)(r->raw.p + end - f->value.p);
	f->size = next - f->at;
	return true;
}

/* The line that some mailboxes put before the message. */
static bool is_mbox_line(struct span line)
{
	return span_starts(line, SPAN("From ")) ||
	       span_starts(line, SPAN(">From "));
}

/* Takes one line that is not blank; false: the block ends before it. */
static bool add_line(struct reader *r, size_t at, size_t end, size_t next)
{
	unsigned char c = r->raw.p[at];
	bool ok = c == ' ' || c == '\t' ? add_fold(r, at, end, next) :
					  add_field(r, at, end, next);

	if (!ok) {
		r->h->flags |= MAIL_BAD_HEADER;
		return at == 0 && is_mbox_line(span_sub(r->raw, 0, end));
	}
	if (memchr(r->raw.p + at, '\r', end - at))
		r->h->flags |= MAIL_BAD_HEADER;
	return true;
}

static bool never_stop(const void *self, struct span line)
{
	(void)self;
	(void)line;
	return false;
}

void header_parse_part(struct span raw, const struct mail_limits *l,
	bool (*stop)(const void *self, struct span line), const void *self,
	struct arena *a, struct header *h_r)
{
	struct reader r = { .raw = raw, .limits = l, .arena = a, .h = h_r };
	size_t at = 0;

	*h_r = (struct header){ .flags = MAIL_NO_BLANK_LINE };
	while (at < raw.n) {
		const unsigned char *lf = memchr(raw.p + at, '\n', raw.n - at);
		size_t next = lf ? (size_t)(lf - raw.p) + 1 : raw.n;
		size_t end = text_end(raw, at, next);

		if (end == at) {
			h_r->end = at;
			h_r->size = next;
			h_r->flags &= ~(unsigned)MAIL_NO_BLANK_LINE;
			break;
		}
		if (raw.p[at] == '-' && stop(self, span_sub(raw, at, end - at)))
			break;
		if (!add_line(&r, at, end, next))
			break;
		at = next;
	}
	if (h_r->flags & MAIL_NO_BLANK_LINE)
		h_r->end = h_r->size = at;
	if (at && memchr(raw.p, 0, at))
		h_r->flags |= MAIL_HAS_NUL;
}

void header_parse(struct span raw, const struct mail_limits *l,
	struct arena *a, struct header *h_r)
{
	header_parse_part(raw, l, never_stop, NULL, a, h_r);
}

const struct header_field *header_find(const struct header *h,
	struct span name, unsigned nth)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->fields[i].name.n == name.n &&
		    span_caseeq(h->fields[i].name, name) && nth-- == 1)
			return &h->fields[i];
	return NULL;
}

unsigned header_count(const struct header *h, struct span name)
{
	unsigned count = 0;

	for (size_t i = 0; i < h->n; i++)
		count += h->fields[i].name.n == name.n &&
			 span_caseeq(h->fields[i].name, name);
	return count;
}

struct span header_unfold(struct span value, struct arena *a)
{
	unsigned char *out;
	size_t n = 0;

	value = span_trim(value);
	if (span_chr(value, '\n') == SIZE_MAX &&
	    span_chr(value, '\r') == SIZE_MAX)
		return value;
	out = arena_alloc(a, value.n);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = value.p[i];

		if (c == '\r')
			c = i + 1 < value.n && value.p[i + 1] == '\n' ? '\n' :
									' ';
		if (c != '\n')
			out[n++] = c;
	}
	return span_from(out, n);
}
