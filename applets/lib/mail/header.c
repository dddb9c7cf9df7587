#include "mail/header.h"

#include <string.h>

#include "base/utf8.h"
#include "mail/charset.h"
#include "mail/lines.h"

enum { FIELDS_FIRST = 16 };

/* The state of one parse. */
struct reader {
	struct span raw;
	const struct mail_limits *limits;
	struct arena *arena;
	struct header *h;
	size_t cap;
	unsigned seen;		/* of the fields that must be single */
	unsigned mode;		/* enum header_mode */
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

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* Counts the field; NULL: it is past a limit and not kept. */
static struct header_field *count_field(struct reader *r, struct span name,
	size_t next)
{
	unsigned bit = single_bit(name);

	r->open = true;
	r->kept = false;
	r->h->found++;
	if (r->seen & bit)
		r->h->flags |= MAIL_AMBIG_FIELD;
	r->seen |= bit;
	if (r->h->n >= r->limits->headers || next > r->limits->header_bytes) {
		r->h->flags |= MAIL_OVER_HEADERS;
		return NULL;
	}
	r->kept = true;
	return new_field(r);
}

/*
 * The colon of the field whose name ends at `at`; SIZE_MAX: there is none.
 * Obsolete syntax has blanks before it, some clients even take a fold.
 */
static size_t find_colon(const struct reader *r, size_t at,
	const struct line *line)
{
	const unsigned char *p = r->raw.p;

	while (at < line->end && is_blank(p[at]))
		at++;
	if (at == line->end) {
		at = line->next;
		if (at >= r->raw.n || !is_blank(p[at]))
			return SIZE_MAX;
		while (at < r->raw.n && is_blank(p[at]))
			at++;
	}
	return at < r->raw.n && p[at] == ':' ? at : SIZE_MAX;
}

/* A field starts here; false: this line is none. */
static bool add_field(struct reader *r, const struct line *line)
{
	const unsigned char *p = r->raw.p;
	size_t from = line->at, to, colon;
	struct header_field *f;
	struct span name;
	bool doubt;

	/* Many clients see a field in a first line that starts with blanks. */
	while (line->at == 0 && from < line->end && is_blank(p[from]))
		from++;
	for (to = from; to < line->end; to++)
		if (p[to] <= 32 || p[to] >= 127 || p[to] == ':')
			break;
	colon = to > from ? find_colon(r, to, line) : SIZE_MAX;
	if (colon == SIZE_MAX)
		return false;
	doubt = colon != to || from != line->at;
	if (doubt) {
		r->h->flags |= MAIL_BAD_HEADER;
		r->h->end_doubt = true;
		if (r->mode & HEADER_NARROW)
			return false;
	}
	name = span_sub(r->raw, from, to - from);
	f = count_field(r, name, line->next);
	if (f == NULL)
		return true;
	f->name = name;
	f->value = span_sub(r->raw, colon + 1,
		colon < line->end ? line->end - colon - 1 : 0);
	f->at = line->at;
	f->size = line->next - line->at;
	f->doubt = doubt;
	return true;
}

/* A line that starts with a blank goes on with the field before it. */
static bool add_fold(struct reader *r, const struct line *line)
{
	struct header_field *f;

	if (!r->open)
		return line->at == 0 && add_field(r, line);
	if (lines_blank(span_sub(r->raw, line->at, line->end - line->at))) {
		r->h->flags |= MAIL_BAD_HEADER;
		r->h->end_doubt = true;
	}
	if (line->next > r->limits->header_bytes)
		r->h->flags |= MAIL_OVER_HEADERS;
	if (!r->kept)
		return true;
	f = &r->h->fields[r->h->n - 1];
	f->value.n = (size_t)(r->raw.p + line->end - f->value.p);
	f->size = line->next - f->at;
	return true;
}

/* The line that some mailboxes put before the message. */
static bool is_mbox_line(struct span line)
{
	return span_starts(line, SPAN("From ")) ||
	       span_starts(line, SPAN(">From "));
}

/* Takes one line that is not blank; false: the block ends before it. */
static bool add_line(struct reader *r, const struct line *line)
{
	struct span text = span_sub(r->raw, line->at, line->end - line->at);
	bool ok = is_blank(text.p[0]) ? add_fold(r, line) : add_field(r, line);

	if (span_chr(text, '\r') != SIZE_MAX) {
		r->h->flags |= MAIL_BAD_HEADER;
		r->h->end_doubt = true;
	}
	if (ok)
		return true;
	r->h->flags |= MAIL_BAD_HEADER;
	if (line->at == 0 && is_mbox_line(text))
		return true;
	r->h->end_doubt = true;
	r->open = r->mode & HEADER_ON ? false : r->open;
	return r->mode & HEADER_ON;
}

/* What the bytes of the block are. */
static void check_bytes(struct span block, struct header *h)
{
	size_t ascii = charset_ascii_run(block);

	if (ascii == block.n)
		return;
	block = span_after(block, ascii);
	if (span_chr(block, 0) != SIZE_MAX)
		h->flags |= MAIL_HAS_NUL;
	if (!utf8_valid(block))
		h->flags |= MAIL_BAD_UTF8;
}

void header_parse_part(struct span raw, const struct mail_limits *l,
	unsigned mode, bool (*stop)(const void *self, struct span line),
	const void *self, struct arena *a, struct header *h_r)
{
	struct reader r = { .raw = raw, .limits = l, .arena = a, .h = h_r,
		.mode = mode };
	struct lines lines = { .raw = raw, .cr = mode & HEADER_CR };
	struct line line = { 0 };

	*h_r = (struct header){ .flags = MAIL_NO_BLANK_LINE };
	h_r->end = h_r->size = raw.n;
	while (lines_next(&lines, &line)) {
		struct span text = span_sub(raw, line.at, line.end - line.at);
		bool blank = text.n == 0 ||
			     (mode & HEADER_BLANKS && lines_blank(text));

		if (!blank && !(raw.p[line.at] == '-' && stop &&
			stop(self, text)) && add_line(&r, &line))
			continue;
		h_r->end = line.at;
		h_r->size = blank ? line.next : line.at;
		if (blank)
			h_r->flags &= ~(unsigned)MAIL_NO_BLANK_LINE;
		break;
	}
	check_bytes(span_sub(raw, 0, h_r->end), h_r);
}

void header_parse(struct span raw, const struct mail_limits *l,
	struct arena *a, struct header *h_r)
{
	header_parse_part(raw, l, HEADER_STRICT, NULL, NULL, a, h_r);
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
