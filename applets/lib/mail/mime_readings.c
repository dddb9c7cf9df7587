#include "mail/mime_tree.h"

#include <string.h>

#include "mail/lines.h"

/* What a reading begins with, to go back to. */
struct mark {
	struct mime_part *last;
	size_t n, fields;
	unsigned flags;
};

static struct mark mark(const struct mime *m, const struct mime_part *p)
{
	return (struct mark){
		.last = p->parent ? p->parent->last : NULL,
		.n = m->n,
		.fields = m->tree->fields,
		.flags = m->flags,
	};
}

static void go_back(struct mime *m, const struct mime_part *p,
	const struct mark *k)
{
	m->n = k->n;
	m->flags = k->flags;
	m->tree->fields = k->fields;
	if (p->parent == NULL)
		return;
	p->parent->last = k->last;
	k->last->next = NULL;
}

/* Does another reading of the same bytes have what this one holds? */
static bool is_known(const struct mime *m, const struct mime_part *p,
	const struct mime_part *reading)
{
	for (size_t i = reading->index; i-- > 0;) {
		const struct mime_part *q = m->parts[i];

		if (q->parent == p->parent && q->raw.p == reading->raw.p &&
		    q->raw.n == reading->raw.n && mime_covers(q, reading))
			return true;
	}
	return false;
}

/* Parts without parent are a chain that begins with the root. */
static void link_root(struct mime *m, struct mime_part *reading)
{
	struct mime_part *p = m->root ? m->root : m->parts[0];

	while (p->next)
		p = p->next;
	p->next = reading;
}

static bool may_try(struct mime *m, struct mime_part *p, size_t bytes)
{
	struct mime_tree *t = m->tree;

	if (t->readings == 0 || t->tries == 0 || t->reread < bytes) {
		mime_flag(m, p, MAIL_OVER_READINGS);
		return false;
	}
	t->tries--;
	t->reread -= bytes;
	return true;
}

/* Doubts that are answered by the way in which it is read. */
static unsigned answered(const struct mime_view *v)
{
	unsigned done = 0;

	if (v->header)
		done |= MIME_DOUBT_HEADER | MIME_DOUBT_NUL;
	if (v->type.p)
		done |= MIME_DOUBT_TYPE | MIME_DOUBT_BOUNDARY |
			MIME_DOUBT_ENCODING;
	if (v->modes & MIME_CR)
		done |= MIME_DOUBT_CR;
	if (v->modes & MIME_LONGER)
		done |= MIME_DOUBT_LONGER;
	if (v->modes & MIME_MIDLINE)
		done |= MIME_DOUBT_MIDLINE;
	if (v->modes & MIME_OUTER)
		done |= MIME_DOUBT_OUTER;
	return done;
}

/*
 * The parts in a body that was encoded. False: it is neither a multipart nor
 * a text when it is decoded.
 */
static bool divide_decoded(struct mime *m, struct mime_part *r)
{
	struct mime_tree *t = m->tree;
	unsigned flags = r->flags, doubts = r->doubts;

	mime_read_decoded(m, r, mime_decode(r, &t->limits, t->arena));
	if (r->child)
		return true;
	if (r->flags & MAIL_BAD_ENCODING)
		return false;
	r->type = SPAN("text/plain");
	r->flags = flags;
	r->doubts = doubts;
	return true;
}

/* One more reading of p, kept and flagged if it shows anything new. */
static void read_as(struct mime *m, struct mime_part *p,
	const struct mime_view *v, unsigned flag)
{
	struct mark before = mark(m, p);
	struct mime_part *r;
	bool known;

	if (!may_try(m, p, p->raw.n))
		return;
	r = mime_read(m, p->parent, MIME_READING, p->raw, v);
	if (r == NULL)
		return;
	r->instead = p;
	known = v->decoded && !divide_decoded(m, r);
	if (mime_is_message(r) && r->child && r->child->header.n == 0)
		known = true;	/* only words: nobody reads a message there */
	r->doubts &= ~answered(v);
	if (known || is_known(m, p, r)) {
		go_back(m, p, &before);
		return;
	}
	if (p->parent == NULL)
		link_root(m, r);
	m->tree->readings--;
	mime_flag(m, p, flag);
}

/* Where a block ends in one mode, and how many fields it has. */
struct shape {
	size_t size, found;
	bool cr;
};

/* Keeps a shape; false: it was there. `v` has room for all modes. */
static bool add_shape(struct shape *v, size_t *n, const struct header *h,
	bool cr)
{
	for (size_t i = 0; i < *n; i++)
		if (v[i].size == h->size && v[i].found == h->found &&
		    v[i].cr == cr)
			return false;
	v[(*n)++] = (struct shape){ h->size, h->found, cr };
	return true;
}

static void read_header_as(struct mime *m, struct mime_part *p,
	const struct mail_limits *l, unsigned mode)
{
	struct mime_view v = { .modes = p->modes };
	unsigned flag = mode & HEADER_CR ? MAIL_AMBIG_LINE_END :
					   MAIL_AMBIG_FIELD;
	struct header h;

	header_parse_part(p->raw, l, mode, NULL, NULL, m->tree->arena, &h);
	v.header = &h;
	read_as(m, p, &v, h.size == p->header.size ? flag :
						     MAIL_AMBIG_HEADER_END);
}

/* Where the block ends for clients that forgive more or less. */
static void read_header_ends(struct mime *m, struct mime_part *p,
	const struct mail_limits *l)
{
	struct mail_limits none = *l;
	struct shape seen[HEADER_MODES];
	size_t n = 0;

	add_shape(seen, &n, &p->header, false);
	none.headers = 0;
	for (unsigned mode = 1; mode < HEADER_MODES; mode++) {
		struct header h;

		/* Nothing is kept of most: they read as the strict one. */
		header_parse_part(p->raw, &none, mode, NULL, NULL,
			m->tree->arena, &h);
		if (h.size == p->header.size && h.found == p->header.found)
			continue;
		if (add_shape(seen, &n, &h, mode & HEADER_CR))
			read_header_as(m, p, l, mode);
	}
}

/* The block without its NULs, or with each line up to its first. */
static struct span drop_nul(struct span s, bool cut, struct arena *a)
{
	unsigned char *out = arena_alloc(a, s.n);
	bool skip = false;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\r' || s.p[i] == '\n')
			skip = false;
		else if (s.p[i] == 0)
			skip = cut;
		if (s.p[i] && !skip)
			out[n++] = s.p[i];
	}
	return span_from(out, n);
}

static void read_without_nul(struct mime *m, struct mime_part *p,
	const struct mail_limits *l)
{
	struct arena *a = m->tree->arena;
	struct mime_view v = { .modes = p->modes };
	struct header all, h;
	struct span block;

	header_parse_part(p->raw, l, HEADER_ON, NULL, NULL, a, &all);
	block = span_sub(p->raw, 0, all.size);
	block = span_sub(block, 0, l->header_bytes);
	if (span_chr(block, 0) == SIZE_MAX)
		return;
	for (int cut = 0; cut < 2; cut++) {
		header_parse_part(drop_nul(block, cut, a), l, HEADER_ON, NULL,
			NULL, a, &h);
		h.size = h.end = all.size;
		v.header = &h;
		read_as(m, p, &v, MAIL_AMBIG_FIELD);
	}
}

static void read_headers(struct mime *m, struct mime_part *p)
{
	struct mail_limits l = m->tree->limits;

	if (l.headers > m->tree->fields)
		l.headers = m->tree->fields;
	if (p->doubts & MIME_DOUBT_HEADER)
		read_header_ends(m, p, &l);
	if (p->doubts & (MIME_DOUBT_HEADER | MIME_DOUBT_NUL))
		read_without_nul(m, p, &l);
}

/* One type and boundary, in each encoding. */
static void read_encoded(struct mime *m, struct mime_part *p,
	struct span type, struct span boundary, unsigned encodings)
{
	struct mime_view v = { .modes = p->modes, .header = &p->header,
		.like = p, .type = type, .boundary = boundary };
	unsigned flag = 0;

	if (p->doubts & MIME_DOUBT_TYPE)
		flag |= MAIL_AMBIG_FIELD;
	if (p->doubts & MIME_DOUBT_BOUNDARY)
		flag |= MAIL_AMBIG_BOUNDARY;
	if (p->doubts & MIME_DOUBT_ENCODING)
		flag |= MAIL_AMBIG_ENCODING;
	for (unsigned e = MIME_BINARY; e <= MIME_QP; e++) {
		v.encoding = e;
		v.decoded = e != MIME_BINARY && boundary.p;
		if (!(encodings >> e & 1) || (mime_is_message(p) &&
			e == p->encoding && span_eq(type, p->type)))
			continue;
		read_as(m, p, &v, flag);
	}
}

static void read_multipart(struct mime *m, struct mime_part *p,
	struct span type, unsigned encodings)
{
	struct mime_guesses g = { .n = 0 };

	if (p->doubts & (MIME_DOUBT_TYPE | MIME_DOUBT_BOUNDARY))
		mime_guess_boundaries(p, m->tree->arena, &g);
	else if (p->boundary.p)
		g.v[g.n++] = p->boundary;
	for (size_t i = 0; i < g.n; i++)
		read_encoded(m, p, type, g.v[i], encodings);
	if (p->doubts & (MIME_DOUBT_TYPE | MIME_DOUBT_BOUNDARY) || g.n == 0)
		read_encoded(m, p, SPAN("text/plain"), (struct span){ 0 },
			encodings);
}

/* All that its fields may be taken for. */
static void read_fields(struct mime *m, struct mime_part *p)
{
	struct mime_guesses types = { .n = 1, .v = { p->type } };
	unsigned encodings = 1u << (mime_is_encoded(p) ? p->encoding :
							 MIME_BINARY);

	if (p->doubts & MIME_DOUBT_TYPE)
		mime_guess_types(p, m->tree->arena, &types);
	if (p->doubts & MIME_DOUBT_ENCODING)
		encodings = mime_guess_encodings(p, m->tree->arena);
	for (size_t i = 0; i < types.n; i++) {
		if (span_starts(types.v[i], SPAN("multipart/")))
			read_multipart(m, p, types.v[i], encodings);
		else
			read_encoded(m, p, types.v[i], (struct span){ 0 },
				encodings);
	}
}

static void read_mode(struct mime *m, struct mime_part *p, unsigned mode)
{
	struct mime_view v = { .modes = p->modes | mode };

	if (mode != MIME_CR) {
		v.header = &p->header;
		v.like = p;
		v.type = p->type;
		v.boundary = p->boundary;
		v.encoding = p->encoding;
		v.decoded = p->origin == MIME_READING && p->boundary.p &&
			    mime_is_encoded(p);
	}
	read_as(m, p, &v, mode == MIME_CR ? MAIL_AMBIG_LINE_END :
					    MAIL_AMBIG_BOUNDARY);
}

void mime_add_readings(struct mime *m, struct mime_part *p)
{
	if (p->doubts & (MIME_DOUBT_HEADER | MIME_DOUBT_NUL))
		read_headers(m, p);
	if (p->doubts & (MIME_DOUBT_TYPE | MIME_DOUBT_BOUNDARY |
			MIME_DOUBT_ENCODING))
		read_fields(m, p);
	if (p->doubts & MIME_DOUBT_CR)
		read_mode(m, p, MIME_CR);
	if (p->doubts & MIME_DOUBT_LONGER)
		read_mode(m, p, MIME_LONGER);
	if (p->doubts & MIME_DOUBT_MIDLINE)
		read_mode(m, p, MIME_MIDLINE);
	if (p->doubts & MIME_DOUBT_OUTER)
		read_mode(m, p, MIME_OUTER);
}
