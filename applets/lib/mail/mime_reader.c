#include "mail/mime_tree.h"

#include <string.h>

/* A part whose end is not known yet; below it, the parts that hold it. */
struct open_part {
	struct mime_part *part;
	struct span boundary;	/* empty: none to look for */
	bool closed;		/* its last boundary was seen */
};

struct reader {
	struct span raw;
	struct mime *mime;
	struct mime_tree *tree;
	struct open_part *open;
	size_t nopen, nboundary;
	size_t at;		/* always the start of a line */
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

/* Puts a part on the stack; its body starts at r->at. */
static void push_part(struct reader *r, struct mime_part *p,
	struct span boundary)
{
	struct open_part *o = &r->open[r->nopen++];

	*o = (struct open_part){ .part = p };
	if ((mime_is_multipart(p) || mime_is_message(p)) &&
	    p->depth >= r->tree->limits.depth) {
		p->flags |= MAIL_OVER_DEPTH;
	} else if (boundary.n) {
		for (size_t i = 0; i + 1 < r->nopen; i++)
			if (span_eq(r->open[i].boundary, boundary))
				p->flags |= MAIL_AMBIG_BOUNDARY;
		o->boundary = boundary;
		r->nboundary++;
	}
}

/* Reads the header at r->at and opens the part. */
static struct mime_part *open_part(struct reader *r, struct mime_part *parent,
	enum mime_origin origin)
{
	struct mime_part *p = mime_add_part(r->mime, parent, origin);
	struct mail_limits l = r->tree->limits;

	if (p == NULL)
		return NULL;
	if (l.headers > r->tree->fields)
		l.headers = r->tree->fields;
	p->raw = span_after(r->raw, r->at);
	header_parse_part(p->raw, &l, stops_header, r, r->tree->arena,
		&p->header);
	r->tree->fields -= p->header.n;
	p->flags = p->header.flags;
	r->at += p->header.size;
	push_part(r, p, mime_read_fields(r->tree, p));
	return p;
}

/* Opens a part and, while it is a message, the message in it. */
static struct mime_part *open_parts(struct reader *r, struct mime_part *parent,
	enum mime_origin origin)
{
	struct mime_part *first = open_part(r, parent, origin), *p = first;

	while (p && mime_is_message(p) && p->depth < r->tree->limits.depth)
		p = open_part(r, p, MIME_ENTITY);
	r->full = p == NULL;
	return first;
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
		open_parts(r, o->part, MIME_ENTITY);
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

struct mime_part *mime_add_entity(struct mime *m, struct mime_part *parent,
	enum mime_origin origin, struct span raw)
{
	struct reader r = {
		.raw = raw,
		.mime = m,
		.tree = m->tree,
		.has_nul = span_chr(raw, 0) != SIZE_MAX,
	};
	struct mime_part *p;

	r.open = arena_array(r.tree->arena, r.tree->limits.depth + 1,
		sizeof(*r.open));
	p = open_parts(&r, parent, origin);
	read_lines(&r);
	if (r.full)
		forgive_unclosed(&r);
	close_parts(&r, 0, raw.n);
	if (r.has_nul)
		m->flags |= MAIL_HAS_NUL;
	return p;
}
