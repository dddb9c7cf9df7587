#include "mail/mime_tree.h"

#include <string.h>

#include "mail/lines.h"

enum {
	MIDLINE_MAX = 256,	/* longer boundaries are not sought in lines */
	PROSE_MAX = 2000,	/* what mailers and lists write around parts */
};

/* A part whose end is not known yet; below it, the parts that hold it. */
struct open_part {
	struct mime_part *part;
	struct span boundary;	/* p is NULL: none to look for */
	size_t outside;		/* where its preamble or epilogue starts */
	bool seen, closed;	/* a boundary; the last one */
	bool divided;		/* a part began */
	bool elsewhere;		/* its own bytes are not in raw */
	bool reused;		/* its boundary is also that of an outer one */
};

struct reader {
	struct span raw;
	struct mime *mime;
	struct mime_tree *tree;
	struct open_part *open;
	size_t nopen, nboundary;
	struct lines lines;
	unsigned modes;
	bool has_nul, full;
};

/* How a line meets the open boundaries. */
struct match {
	size_t level;		/* index into open, or SIZE_MAX */
	bool last;		/* "--boundary--" */
	bool exact;		/* and nothing else */
};

/* Is the line, without its "--", this boundary? */
static bool match_one(struct span line, struct span boundary, struct match *m)
{
	struct span rest;

	if (line.n < boundary.n ||
	    memcmp(line.p, boundary.p, boundary.n) != 0)
		return false;
	rest = span_after(line, boundary.n);
	m->last = span_starts(rest, SPAN("--"));
	m->exact = lines_blank(span_after(rest, m->last ? 2 : 0));
	return true;
}

/*
 * Clients want the whole line to be the boundary; RFC 2046 lets it be longer.
 * Where several match, a whole line is better than a longer one, one still
 * open better than one closed, the innermost better than the outer.
 */
static struct match match_line(const struct reader *r, struct span line)
{
	struct match best = { .level = SIZE_MAX };
	struct mime_part *longer = NULL;
	unsigned best_rank = 0;

	if (line.n < 2 || line.p[0] != '-' || line.p[1] != '-')
		return best;
	line = span_after(line, 2);
	for (size_t i = r->nopen; i-- > 0;) {
		struct match m = { .level = i };
		unsigned rank;

		if (r->open[i].boundary.p == NULL ||
		    !match_one(line, r->open[i].boundary, &m))
			continue;
		if (!m.exact && !(r->modes & MIME_LONGER)) {
			longer = longer ? longer : r->open[i].part;
			continue;
		}
		rank = 1u + (m.exact ? 2u : 0u) + (r->open[i].closed ? 0u : 1u);
		if (rank > best_rank) {
			best_rank = rank;
			best = m;
		}
	}
	if (longer && best.level == SIZE_MAX)
		longer->doubts |= MIME_DOUBT_LONGER;
	return best;
}

static bool stops_header(const void *self, struct span line)
{
	return match_line(self, line).level != SIZE_MAX;
}

static bool boundary_is_open(const struct reader *r, struct span boundary)
{
	for (size_t i = 0; i < r->nopen; i++)
		if (r->open[i].boundary.p &&
		    span_eq(r->open[i].boundary, boundary)) {
			r->open[i].part->doubts |= MIME_DOUBT_OUTER;
			return true;
		}
	return false;
}

/* Puts a part on the stack; its body starts at the next line. */
static void push_part(struct reader *r, struct mime_part *p,
	struct span boundary)
{
	struct open_part o = { .part = p, .outside = r->lines.at };

	o.reused = boundary.p && boundary_is_open(r, boundary);
	if ((mime_is_multipart(p) || mime_is_message(p)) &&
	    p->depth >= r->tree->limits.depth) {
		p->flags |= MAIL_OVER_DEPTH;
	} else if (boundary.p && !(o.reused && r->modes & MIME_OUTER)) {
		o.boundary = boundary;
		r->nboundary++;
	}
	r->open[r->nopen++] = o;
}

/* Reads the header at the next line. */
static void read_header(struct reader *r, struct mime_part *p,
	const struct mime_view *v)
{
	struct mail_limits l = r->tree->limits;

	if (l.headers > r->tree->fields)
		l.headers = r->tree->fields;
	p->raw = span_after(r->raw, r->lines.at);
	if (v && v->header)
		p->header = *v->header;
	else
		header_parse_part(p->raw, &l,
			r->modes & MIME_CR ? HEADER_CR : HEADER_STRICT,
			stops_header, r, r->tree->arena, &p->header);
	r->tree->fields -= l.headers < p->header.n ? l.headers : p->header.n;
	p->flags |= p->header.flags;
	r->lines.at += p->header.size;
}

/* What was found out otherwise goes before what the fields say. */
static void apply_view(struct mime_part *p, const struct mime_view *v)
{
	if (v == NULL || v->type.p == NULL)
		return;
	p->type = v->type;
	p->boundary = v->boundary;
	p->encoding = v->encoding;
}

static void copy_fields(struct mime_part *p, const struct mime_part *like)
{
	p->charset = like->charset;
	p->disposition = like->disposition;
	p->name = like->name;
	p->names = like->names;
	p->nnames = like->nnames;
	p->flags |= like->flags & (MAIL_AMBIG_FIELD | MAIL_AMBIG_BOUNDARY |
		MAIL_AMBIG_ENCODING | MAIL_AMBIG_NAME | MAIL_OVER_PARAMS);
}

static void open_entity(struct reader *r, struct mime_part *p,
	const struct mime_view *v)
{
	p->modes = r->modes;
	read_header(r, p, v);
	if (v && v->like)
		copy_fields(p, v->like);
	else
		mime_read_fields(r->tree, p);
	apply_view(p, v);
	push_part(r, p, v && v->decoded ? (struct span){ 0 } : p->boundary);
}

/* Opens a part and, while it is a message, the message in it. */
static void open_entities(struct reader *r, struct mime_part *p,
	const struct mime_view *v)
{
	while (p) {
		open_entity(r, p, v);
		if (!mime_is_message(p) || mime_is_encoded(p) ||
		    p->depth >= r->tree->limits.depth)
			return;
		p = mime_add_part(r->mime, p, MIME_ENTITY);
		v = NULL;
	}
	r->full = true;
}

/* Does it start with fields that say what it contains? */
static bool is_entity(const struct mime_tree *t, struct span s)
{
	struct mail_limits l = t->limits;
	struct header h;

	if (l.headers > 8)
		l.headers = 8;
	header_parse(s, &l, t->arena, &h);
	for (size_t i = 0; i < h.n; i++)
		if (span_casestarts(h.fields[i].name, SPAN("content-")))
			return true;
	return false;
}

/* Only words, as mailers and lists put them around the parts? */
static bool is_prose(struct span s)
{
	struct lines lines = { .raw = s, .cr = true };
	struct line l;

	while (lines_next(&lines, &l)) {
		struct span text = span_sub(s, l.at, l.end - l.at);
		size_t tag = span_chr(text, '<');

		if (span_casestarts(text, SPAN("content-")) ||
		    span_starts(text, SPAN("begin ")) ||
		    span_starts(text, SPAN("=ybegin ")) ||
		    (tag < text.n && tag + 1 < text.n &&
			    (text.p[tag + 1] == '!' ||
				    (span_lower(text.p[tag + 1]) >= 'a' &&
					    span_lower(text.p[tag + 1]) <=
						    'z'))))
			return false;
	}
	return s.n <= PROSE_MAX;
}

/* What stands outside of the parts of a multipart is a part of its own. */
static void add_outside(struct reader *r, struct open_part *o, size_t end,
	enum mime_origin origin)
{
	struct span s = span_sub(r->raw, o->outside, end - o->outside);
	struct mime_part *p;

	if (end <= o->outside || lines_blank(s))
		return;
	p = mime_add_part(r->mime, o->part, origin);
	if (p == NULL)
		return;
	p->type = SPAN("text/plain");
	p->raw = p->body = s;
	p->modes = r->modes;
	while (s.n && (s.p[0] == '\r' || s.p[0] == '\n'))
		s = span_after(s, 1);
	if (is_entity(r->tree, s)) {
		p->raw = s;
		p->doubts |= MIME_DOUBT_OUTSIDE;
	}
	if (p->doubts || !is_prose(s))
		mime_flag(r->mime, p, MAIL_OUTSIDE);
}

/* Does a line end here, behind a boundary? */
static bool ends_line(struct span s)
{
	if (span_starts(s, SPAN("--")))
		s = span_after(s, 2);
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_after(s, 1);
	return s.n == 0 || s.p[0] == '\r' || s.p[0] == '\n';
}

/* Is the boundary also inside a line, with nothing behind it? */
static bool is_in_line(const struct open_part *o, struct span body)
{
	const unsigned char *p = body.p;
	size_t at = 0;

	if (o->boundary.n == 0 || o->boundary.n > MIDLINE_MAX)
		return false;
	for (;; at++) {
		at = lines_find(body, at, o->boundary);
		if (at == SIZE_MAX)
			return false;
		if (at >= 3 && p[at - 1] == '-' && p[at - 2] == '-' &&
		    p[at - 3] != '\n' && p[at - 3] != '\r' &&
		    ends_line(span_after(body, at + o->boundary.n)))
			return true;
	}
}

/* What the end of a part with a boundary lets see. */
static void close_boundary(struct reader *r, struct open_part *o, size_t end)
{
	struct mime_part *p = o->part;
	size_t start = o->elsewhere ? 0 : (size_t)(p->body.p - r->raw.p);

	r->nboundary--;
	if (o->closed)
		add_outside(r, o, end, MIME_EPILOGUE);
	else
		p->flags |= MAIL_UNCLOSED;
	if (!o->divided)
		p->doubts |= MIME_DOUBT_BOUNDARY;
	/* Of one used twice the outer part looks at all of it. */
	if (!(r->modes & MIME_MIDLINE) && !o->reused && end > start &&
	    is_in_line(o, span_sub(r->raw, start, end - start)))
		p->doubts |= MIME_DOUBT_MIDLINE;
}

/* Ends the parts above `level` of the stack at offset `end`. */
static void close_parts(struct reader *r, size_t level, size_t end)
{
	while (r->nopen > level) {
		struct open_part *o = &r->open[--r->nopen];
		struct mime_part *p = o->part;

		if (!o->elsewhere) {
			size_t from = (size_t)(p->raw.p - r->raw.p);
			size_t body = from + p->header.size;

			p->raw.n = end < body ? p->header.size : end - from;
			p->body = span_after(p->raw, p->header.size);
		}
		if (o->boundary.p)
			close_boundary(r, o, end);
		if (r->has_nul && p->child == NULL &&
		    span_chr(p->body, 0) != SIZE_MAX)
			p->flags |= MAIL_HAS_NUL;
		r->mime->flags |= p->flags;
	}
}

/* A delimiter line, or the end of one, which starts at `at`. */
static void take_boundary(struct reader *r, struct match m, size_t at)
{
	struct open_part *o = &r->open[m.level];
	size_t end = lines_before(r->raw, at, r->modes & MIME_CR);
	enum mime_origin origin = o->closed ? MIME_EPILOGUE : MIME_ENTITY;

	close_parts(r, m.level + 1, end);
	if (!m.exact)
		o->part->flags |= MAIL_AMBIG_BOUNDARY;
	if (o->closed || !o->seen)
		add_outside(r, o, end, o->closed ? MIME_EPILOGUE :
						   MIME_PREAMBLE);
	if (o->closed && !m.last)
		o->part->flags |= MAIL_AMBIG_BOUNDARY | MAIL_OUTSIDE;
	o->outside = r->lines.at;
	o->seen = true;
	o->closed = m.last;
	o->divided |= !m.last;
	if (!m.last)
		open_entities(r, mime_add_part(r->mime, o->part, origin),
			NULL);
}

/* Where in the line a boundary is, for readers that do not want it first. */
static struct match match_inside(const struct reader *r, struct span line,
	size_t *at_r)
{
	struct match m = { .level = SIZE_MAX };
	size_t at = 0;

	while (at + 2 < line.n && m.level == SIZE_MAX) {
		const unsigned char *p = memchr(line.p + at, '-',
			line.n - at);

		if (p == NULL)
			break;
		at = (size_t)(p - line.p);
		m = match_line(r, span_after(line, at));
		*at_r = at++;
	}
	return m;
}

static void read_lines(struct reader *r)
{
	struct line l;

	while (r->nboundary && !r->full && lines_next(&r->lines, &l)) {
		struct span line = span_sub(r->raw, l.at, l.end - l.at);
		struct match m = { .level = SIZE_MAX };
		size_t inside = 0;

		if (r->modes & MIME_MIDLINE)
			m = match_inside(r, line, &inside);
		else if (line.n && line.p[0] == '-')
			m = match_line(r, line);
		if (m.level != SIZE_MAX)
			take_boundary(r, m, l.at + inside);
	}
}

/* What was cut off by the limit of parts is in doubt, not unclosed. */
static void forgive_unclosed(struct reader *r)
{
	for (size_t i = 0; i < r->nopen; i++)
		r->open[i].closed = true;
}

static void begin(struct reader *r, struct mime *m, struct span raw,
	unsigned modes)
{
	*r = (struct reader){
		.raw = raw,
		.mime = m,
		.tree = m->tree,
		.lines = { .raw = raw, .cr = modes & MIME_CR },
		.modes = modes,
		.has_nul = span_chr(raw, 0) != SIZE_MAX,
	};
	r->open = arena_array(r->tree->arena, r->tree->limits.depth + 1,
		sizeof(*r->open));
}

static void finish(struct reader *r)
{
	read_lines(r);
	if (r->full)
		forgive_unclosed(r);
	close_parts(r, 0, r->raw.n);
	if (r->has_nul)
		r->mime->flags |= MAIL_HAS_NUL;
}

struct mime_part *mime_read(struct mime *m, struct mime_part *parent,
	enum mime_origin origin, struct span raw, const struct mime_view *v)
{
	struct mime_part *p = mime_add_part(m, parent, origin);
	struct reader r;

	if (p == NULL)
		return NULL;
	begin(&r, m, raw, v ? v->modes : 0);
	open_entities(&r, p, v);
	finish(&r);
	return p;
}

void mime_read_into(struct mime *m, struct mime_part *p)
{
	struct reader r;

	begin(&r, m, p->raw, p->modes);
	open_entities(&r, p, NULL);
	finish(&r);
}

void mime_read_decoded(struct mime *m, struct mime_part *p,
	struct span content)
{
	struct reader r;

	begin(&r, m, content, p->modes);
	push_part(&r, p, p->boundary);
	if (r.nopen)
		r.open[0].elsewhere = true;
	finish(&r);
}
