#include "mail/mime.h"

#include <string.h>

#include "mail/charset.h"
#include "mail/decode.h"
#include "mail/param.h"

enum {
	PARTS_FIRST = 16,
	BOUNDARY_MAX = 70,	/* RFC 2046 section 5.1.1 */
	FIELDS_FACTOR = 16,	/* fields of all parts: 16 blocks full */
};

/* A part whose end is not known yet; below it, the parts that hold it. */
struct open_part {
	struct mime_part *part;
	struct span boundary;	/* empty: none to look for */
	bool closed;		/* its last boundary was seen */
};

struct reader {
	struct span raw;
	const struct mail_limits *limits;
	struct arena *arena;
	struct mime *mime;
	struct open_part *open;
	size_t nopen, nboundary;
	size_t cap;		/* of mime->parts */
	size_t fields;		/* still allowed, of all parts */
	size_t at;		/* always the start of a line */
	size_t *decoded;
	bool has_nul, full;
};

/* How a line meets the open boundaries. */
struct match {
	size_t level;		/* index into open, or SIZE_MAX */
	bool last;		/* "--boundary--" */
	bool exact;		/* and nothing else */
};

static bool only_blanks(struct span s)
{
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' ||
		       s.p[s.n - 1] == '\r'))
		s.n--;
	return s.n == 0;
}

/* Is the line, without its "--", this boundary? */
static bool match_one(struct span line, struct span boundary, struct match *m)
{
	struct span rest;

	if (line.n < boundary.n ||
	    memcmp(line.p, boundary.p, boundary.n) != 0)
		return false;
	rest = span_after(line, boundary.n);
	m->last = span_starts(rest, SPAN("--"));
	m->exact = only_blanks(span_after(rest, m->last ? 2 : 0));
	return true;
}

/*
 * RFC 2046 lets a delimiter line be longer than its boundary. Where several
 * match, a whole line is better than a longer one, one still open better than
 * one closed, the innermost better than the outer.
 */
static struct match match_line(const struct reader *r, struct span line)
{
	struct match best = { .level = SIZE_MAX };
	unsigned best_rank = 0;

	if (line.n < 2 || line.p[0] != '-' || line.p[1] != '-')
		return best;
	line = span_after(line, 2);
	for (size_t i = r->nopen; i-- > 0;) {
		struct match m = { .level = i };
		unsigned rank;

		if (r->open[i].boundary.n == 0 ||
		    !match_one(line, r->open[i].boundary, &m))
			continue;
		rank = 1u + (m.exact ? 2u : 0u) + (r->open[i].closed ? 0u : 1u);
		if (rank > best_rank) {
			best_rank = rank;
			best = m;
		}
	}
	return best;
}

static bool stops_header(const void *self, struct span line)
{
	return match_line(self, line).level != SIZE_MAX;
}

static struct span lower_copy(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(s.p[i]);
	return span_from(p, s.n);
}

/* type/subtype of token characters (RFC 2045 section 5.1)? */
static bool is_type(struct span s)
{
	size_t slashes = 0;

	for (size_t i = 0; i < s.n; i++) {
		slashes += s.p[i] == '/';
		if (s.p[i] <= 32 || s.p[i] >= 127 ||
		    memchr("()<>@,;:\\\"[]?=", s.p[i], 14))
			return false;
	}
	return slashes == 1 && s.p[0] != '/' && s.p[s.n - 1] != '/';
}

static bool is_multipart(const struct mime_part *p)
{
	return span_starts(p->type, SPAN("multipart/"));
}

static bool is_message(const struct mime_part *p)
{
	return span_is(p->type, "message/rfc822") ||
	       span_is(p->type, "message/global");
}

/* A boundary that readers agree on? */
static bool is_plain_boundary(struct span b)
{
	if (b.n == 0 || b.n > BOUNDARY_MAX || b.p[b.n - 1] == ' ' ||
	    b.p[0] == ' ')
		return false;
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < 32 || b.p[i] >= 127 ||
		    memchr("\"\\;", b.p[i], 3))
			return false;
	return true;
}

static struct span find_boundary(struct mime_part *p, const struct params *ps,
	struct arena *a)
{
	struct param_found f = { .value = SPAN("") };

	if (!params_find(ps, SPAN("boundary"), a, &f) || f.doubt ||
	    f.extended || !is_plain_boundary(f.value))
		p->flags |= MAIL_AMBIG_BOUNDARY;
	while (f.value.n && f.value.p[f.value.n - 1] == ' ')
		f.value.n--;
	return f.value;
}

/* The file name in a parameter, as a reader sees it. */
static struct span find_name(struct mime_part *p, const struct params *ps,
	struct span name, struct arena *a)
{
	struct param_found f;

	if (!params_find(ps, name, a, &f))
		return SPAN("");
	if (f.doubt)
		p->flags |= MAIL_AMBIG_FIELD;
	return f.extended ? f.value : header_decode(f.value, a);
}

static const struct header_field *find_field(const struct mime_part *p,
	const char *name)
{
	return header_find(&p->header, span_of(name), 1);
}

/* Content-Type: type, charset, name; returns the boundary. */
static struct span read_type(struct reader *r, struct mime_part *p)
{
	const struct header_field *f = find_field(p, "content-type");
	struct params ps;
	struct param_found charset;
	bool digest = p->parent && span_is(p->parent->type, "multipart/digest");

	p->type = digest ? SPAN("message/rfc822") : SPAN("text/plain");
	if (f == NULL)
		return SPAN("");
	params_parse(f->value, r->limits, r->arena, &ps);
	p->flags |= ps.flags;
	if (is_type(ps.head))
		p->type = lower_copy(ps.head, r->arena);
	else if (span_chr(ps.head, '/') != SIZE_MAX)
		p->flags |= MAIL_AMBIG_FIELD;
	if (ps.head_doubt)
		p->flags |= MAIL_AMBIG_FIELD;
	if (params_find(&ps, SPAN("charset"), r->arena, &charset))
		p->charset = charset.value;
	p->name = find_name(p, &ps, SPAN("name"), r->arena);
	return is_multipart(p) ? find_boundary(p, &ps, r->arena) : SPAN("");
}

/* Content-Disposition (RFC 2183): its file name goes before the other. */
static void read_disposition(struct reader *r, struct mime_part *p)
{
	const struct header_field *f = find_field(p, "content-disposition");
	struct params ps;
	struct span name;

	if (f == NULL)
		return;
	params_parse(f->value, r->limits, r->arena, &ps);
	p->flags |= ps.flags;
	p->disposition = lower_copy(ps.head, r->arena);
	name = find_name(p, &ps, SPAN("filename"), r->arena);
	if (name.n == 0)
		return;
	if (p->name.n && !span_caseeq(param_extension(p->name),
			     param_extension(name)))
		p->flags |= MAIL_AMBIG_FIELD;
	p->name = name;
}

/* The encoding that a word names; junk around it is passed over. */
static enum mime_encoding encoding_of(struct span word)
{
	static const struct {
		const char *name;
		enum mime_encoding encoding;
	} names[] = {
		{ "7bit", MIME_7BIT },
		{ "7-bit", MIME_7BIT },
		{ "8bit", MIME_8BIT },
		{ "8-bit", MIME_8BIT },
		{ "binary", MIME_BINARY },
		{ "base64", MIME_BASE64 },
		{ "quoted-printable", MIME_QP },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_caseeq(word, span_of(names[i].name)))
			return names[i].encoding;
	return MIME_UNKNOWN;
}

/* Some readers see base64 in "base64" or base64, all the same. */
static struct span strip_marks(struct span s)
{
	while (s.n && memchr("\"',", s.p[0], 3))
		s = span_after(s, 1);
	while (s.n && memchr("\"',", s.p[s.n - 1], 3))
		s.n--;
	return s;
}

static void read_encoding(struct reader *r, struct mime_part *p)
{
	const struct header_field *f =
		find_field(p, "content-transfer-encoding");
	struct params ps;

	if (f == NULL || span_trim(f->value).n == 0)
		return;
	p->encoding = encoding_of(span_trim(f->value));
	if (p->encoding == MIME_UNKNOWN) {
		params_parse(f->value, r->limits, r->arena, &ps);
		p->encoding = encoding_of(strip_marks(ps.head));
		p->flags |= MAIL_AMBIG_ENCODING;
	}
	if (header_count(&p->header, f->name) > 1)
		p->flags |= MAIL_AMBIG_ENCODING;
}

/* What several Content-Type fields, or an encoded multipart, put in doubt. */
static void read_doubts(struct mime_part *p)
{
	bool composite = is_multipart(p) || is_message(p);

	if (p->header.flags & MAIL_AMBIG_FIELD &&
	    header_count(&p->header, SPAN("content-type")) > 1)
		p->flags |= MAIL_AMBIG_BOUNDARY;
	if (composite && p->encoding >= MIME_BASE64)
		p->flags |= MAIL_AMBIG_ENCODING;
	if (span_is(p->type, "message/partial") ||
	    span_is(p->type, "message/external-body"))
		p->flags |= MAIL_PARTIAL;
}

/* A new part below `parent`, in document order. */
static struct mime_part *new_part(struct reader *r, struct mime_part *parent)
{
	struct mime_part *p = arena_alloc(r->arena, sizeof(*p));
	struct mime *m = r->mime;

	if (m->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : PARTS_FIRST;
		struct mime_part **v = arena_array(r->arena, cap, sizeof(p));

		if (m->n)
			memcpy(v, m->parts, m->n * sizeof(p));
		m->parts = v;
		r->cap = cap;
	}
	p->parent = parent;
	p->index = (unsigned)m->n;
	p->decoded = r->decoded;
	m->parts[m->n++] = p;
	if (parent == NULL)
		return p;
	p->depth = parent->depth + 1;
	if (parent->last)
		parent->last->next = p;
	else
		parent->child = p;
	parent->last = p;
	return p;
}

/* Puts a part on the stack; its body starts at r->at. */
static void push_part(struct reader *r, struct mime_part *p,
	struct span boundary)
{
	struct open_part *o = &r->open[r->nopen];

	*o = (struct open_part){ .part = p };
	if (boundary.n) {
		for (size_t i = 0; i < r->nopen; i++)
			if (span_eq(r->open[i].boundary, boundary))
				p->flags |= MAIL_AMBIG_BOUNDARY;
		if (p->depth < r->limits->depth) {
			o->boundary = boundary;
			r->nboundary++;
		}
	}
	if ((is_multipart(p) || is_message(p)) &&
	    p->depth >= r->limits->depth)
		p->flags |= MAIL_OVER_DEPTH;
	r->nopen++;
}

/* Reads the header at r->at and opens the part. */
static struct mime_part *open_part(struct reader *r, struct mime_part *parent)
{
	struct mime_part *p = new_part(r, parent);
	struct mail_limits l = *r->limits;
	struct span boundary;

	if (l.headers > r->fields)
		l.headers = r->fields;
	p->raw = span_after(r->raw, r->at);
	header_parse_part(p->raw, &l, stops_header, r, r->arena, &p->header);
	r->fields -= p->header.n;
	p->flags = p->header.flags;
	r->at += p->header.size;
	boundary = read_type(r, p);
	read_disposition(r, p);
	read_encoding(r, p);
	read_doubts(p);
	push_part(r, p, boundary);
	return p;
}

/* Opens a part and, while it is a message, the message in it. */
static void open_parts(struct reader *r, struct mime_part *parent)
{
	do {
		if (parent && r->mime->n >= r->limits->parts) {
			r->mime->flags |= MAIL_OVER_PARTS;
			r->full = true;
			return;
		}
		parent = open_part(r, parent);
	} while (is_message(parent) && parent->depth < r->limits->depth);
}

/* Ends the parts above `level` of the stack at offset `end`. */
static void close_parts(struct reader *r, size_t level, size_t end)
{
	while (r->nopen > level) {
		struct open_part *o = &r->open[--r->nopen];
		struct mime_part *p = o->part;
		size_t from = (size_t)(p->raw.p - r->raw.p);
		size_t body = from + p->header.size;

		if (end < body)
			p->raw.n = p->header.size;
		else
			p->raw.n = end - from;
		p->body = span_after(p->raw, p->header.size);
		if (o->boundary.n) {
			r->nboundary--;
			if (!o->closed)
				p->flags |= MAIL_UNCLOSED;
		}
		if (r->has_nul && p->child == NULL &&
		    span_chr(p->body, 0) != SIZE_MAX)
			p->flags |= MAIL_HAS_NUL;
		r->mime->flags |= p->flags;
	}
}

/* Where what stands before the line at `at` ends, without its line end. */
static size_t before_line(struct span raw, size_t at)
{
	if (at && raw.p[at - 1] == '\n')
		at--;
	if (at && raw.p[at - 1] == '\r')
		at--;
	return at;
}

/* A delimiter line from r->at to `next`. */
static void take_boundary(struct reader *r, struct match m, size_t next)
{
	struct open_part *o = &r->open[m.level];

	close_parts(r, m.level + 1, before_line(r->raw, r->at));
	if (!m.exact || o->closed)
		o->part->flags |= MAIL_AMBIG_BOUNDARY;
	o->closed = m.last;
	r->at = next;
	if (!m.last)
		open_parts(r, o->part);
}

static void read_lines(struct reader *r)
{
	const unsigned char *raw = r->raw.p;
	size_t n = r->raw.n;

	while (r->nboundary && r->at < n && !r->full) {
		const unsigned char *lf =
			memchr(raw + r->at, '\n', n - r->at);
		size_t next = lf ? (size_t)(lf - raw) + 1 : n;

		if (raw[r->at] == '-') {
			struct match m = match_line(r, span_sub(r->raw, r->at,
				(lf ? next - 1 : next) - r->at));

			if (m.level != SIZE_MAX) {
				take_boundary(r, m, next);
				continue;
			}
		}
		r->at = next;
	}
}

/* What was cut off by the limit of parts is in doubt, not unclosed. */
static void forgive_unclosed(struct reader *r)
{
	for (size_t i = 0; i < r->nopen; i++)
		r->open[i].closed = true;
}

void mime_parse(struct span raw, const struct mail_limits *l, struct arena *a,
	struct mime *m_r)
{
	struct reader r = {
		.raw = raw,
		.limits = l,
		.arena = a,
		.mime = m_r,
		.fields = l->headers * FIELDS_FACTOR,
		.has_nul = span_chr(raw, 0) != SIZE_MAX,
	};

	*m_r = (struct mime){ 0 };
	r.decoded = arena_alloc(a, sizeof(*r.decoded));
	r.open = arena_array(a, l->depth + 1, sizeof(*r.open));
	open_parts(&r, NULL);
	read_lines(&r);
	if (r.full)
		forgive_unclosed(&r);
	close_parts(&r, 0, raw.n);
	if (r.has_nul)
		m_r->flags |= MAIL_HAS_NUL;
	m_r->root = m_r->parts[0];
}

/* Runs a decoder into the arena, within what the message may still have. */
static struct span run_decoder(struct mime_part *p,
	const struct mail_limits *l, struct arena *a)
{
	size_t left = l->decoded_bytes > *p->decoded ?
		l->decoded_bytes - *p->decoded : 0;
	bool base64 = p->encoding == MIME_BASE64, clean = true;
	struct span in = p->body;
	unsigned char *out;
	size_t n;

	/* Never more bytes go in than may come out in the worst case. */
	if (base64 ? in.n / 4 * 3 > left : in.n > left) {
		in.n = base64 ? left / 3 * 4 : left;
		p->flags |= MAIL_OVER_DECODED;
	}
	out = arena_alloc(a, base64 ? DECODE_BASE64_ROOM(in.n) : in.n);
	n = base64 ? decode_base64(in, out, &clean) :
		     decode_qp(in, out, &clean);
	if (!clean)
		p->flags |= MAIL_BAD_ENCODING;
	*p->decoded += n;
	return span_from(out, n);
}

struct span mime_decode(struct mime_part *p, const struct mail_limits *l,
	struct arena *a)
{
	if (p->content.p)
		return p->content;
	if (p->encoding == MIME_BASE64 || p->encoding == MIME_QP)
		p->content = run_decoder(p, l, a);
	else
		p->content = p->body;
	return p->content;
}

struct span mime_text(struct mime_part *p, const struct mail_limits *l,
	struct arena *a)
{
	struct span content = mime_decode(p, l, a), text;
	bool known;

	text = charset_text(content, p->charset, a, &known);
	if (!known)
		p->flags |= MAIL_OTHER_CHARSET;
	return text;
}
