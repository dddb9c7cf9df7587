#include "mail/mime_tree.h"

#include <string.h>

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

	if (parent && m->n >= t->limits.parts) {
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
	return span_is(p->type, "message/rfc822") ||
	       span_is(p->type, "message/global");
}
