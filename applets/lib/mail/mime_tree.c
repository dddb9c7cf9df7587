#include "mail/mime_tree.h"

#include <string.h>

#include "mail/lines.h"

enum { PARTS_FIRST = 16 };

static void append_child(struct mime_part *parent, struct mime_part *p)
{
	p->parent = parent;
	p->depth = parent->depth + 1;
	if (parent->last)
		parent->last->next = p;
	else
		parent->child = p;
	parent->last = p;
}

struct mime_part *mime_add_part(struct mime *m, struct mime_part *parent,
	enum mime_origin origin)
{
	struct mime_tree *t = m->tree;
	struct mime_part *p;

	if (m->n && m->n >= t->limits.parts) {
		m->flags |= MAIL_OVER_PARTS;
		return NULL;
	}
	if (parent && parent->depth >= t->limits.depth) {
		mime_flag(m, parent, MAIL_OVER_DEPTH);
		return NULL;
	}
	if (m->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : PARTS_FIRST;
		struct mime_part **v = arena_array(t->arena, cap, sizeof(p));

		if (m->n)
			memcpy(v, m->parts, m->n * sizeof(p));
		m->parts = v;
		t->cap = cap;
	}
	p = arena_alloc(t->arena, sizeof(*p));
	p->origin = origin;
	p->index = (unsigned)m->n;
	p->decoded = &t->decoded;
	m->parts[m->n++] = p;
	if (parent)
		append_child(parent, p);
	return p;
}

/* Each part added may add others: in turn, so that depth costs no stack. */
static void settle(struct mime *m)
{
	struct mime_tree *t = m->tree;

	if (t->settling)
		return;
	t->settling = true;
	while (t->settled < m->n) {
		struct mime_part *p = m->parts[t->settled++];

		if (p->doubts & MIME_DOUBT_OUTSIDE)
			mime_read_into(m, p);
		if (p->child == NULL && p->origin != MIME_EMBEDDED)
			mime_open_nested(m, p);
		if (p->doubts)
			mime_add_readings(m, p);
	}
	t->settling = false;
}

struct mime_part *mime_add_entity(struct mime *m, struct mime_part *parent,
	enum mime_origin origin, struct span raw)
{
	struct mime_part *p = mime_read(m, parent, origin, raw, NULL);

	if (p && lines_bare_cr(raw))
		p->doubts |= MIME_DOUBT_CR;
	settle(m);
	return p;
}

struct mime_part *mime_add_embedded(struct mime *m, struct mime_part *parent,
	struct span type, struct span name, struct span content)
{
	struct mime_part *p = mime_add_part(m, parent, MIME_EMBEDDED);

	if (p == NULL)
		return NULL;
	p->type = type.n ? type : SPAN("application/octet-stream");
	p->raw = p->body = p->content = content.p ? content : SPAN("");
	p->encoding = MIME_BINARY;
	p->name = name;
	if (name.n) {
		p->names = arena_alloc(m->tree->arena, sizeof(*p->names));
		p->names[p->nnames++] = name;
	}
	return p;
}

void mime_flag(struct mime *m, struct mime_part *p, unsigned flags)
{
	p->flags |= flags;
	m->flags |= flags;
}

bool mime_is_multipart(const struct mime_part *p)
{
	return span_starts(p->type, SPAN("multipart/"));
}

bool mime_is_message(const struct mime_part *p)
{
	static const char *const types[] = {
		"message/rfc822", "message/global", "message/news",
		"message/partial", "message/external-body",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_is(p->type, types[i]))
			return true;
	return false;
}

bool mime_is_encoded(const struct mime_part *p)
{
	return p->encoding == MIME_BASE64 || p->encoding == MIME_QP;
}

static bool is_other(const struct mime_part *p)
{
	return p->origin == MIME_READING || p->origin == MIME_EMBEDDED;
}

/* Its parts, if it is divided into parts. */
static struct mime_part *parts_of(const struct mime_part *p)
{
	return p->doubts & MIME_OPENED ? NULL : p->child;
}

struct mime_part *mime_next(const struct mime_part *p,
	const struct mime_part *top)
{
	struct mime_part *next = parts_of(p);

	for (;;) {
		while (next && is_other(next))
			next = next->next;
		if (next || p == top)
			return next;
		next = p->next;
		p = p->parent;
	}
}

/* Is all of `b` in `a`, apart from blanks around it? */
static bool holds(struct span a, struct span b)
{
	b = span_trim(b);
	return b.n == 0 || (b.p >= a.p && b.p + b.n <= a.p + a.n);
}

static bool covers_one(const struct mime_part *a, const struct mime_part *b)
{
	if (!parts_of(a) != !parts_of(b) || a->header.n < b->header.n)
		return false;
	if (parts_of(a) || lines_blank(b->body))
		return true;
	if (!span_eq(a->type, b->type))
		return false;
	if (mime_is_encoded(a) || mime_is_encoded(b))
		return a->encoding == b->encoding &&
		       span_trim(a->body).p == span_trim(b->body).p &&
		       span_trim(a->body).n == span_trim(b->body).n;
	return holds(a->body, b->body);
}

bool mime_covers(const struct mime_part *a, const struct mime_part *b)
{
	const struct mime_part *top_a = a, *top_b = b;

	while (a && b && covers_one(a, b)) {
		a = mime_next(a, top_a);
		b = mime_next(b, top_b);
	}
	return a == NULL && b == NULL;
}
