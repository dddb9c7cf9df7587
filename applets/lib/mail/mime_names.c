#include "mail/mime_tree.h"

#include <string.h>

#include "mail/param.h"

enum { NAMES_MAX = 64 };

struct names {
	struct span v[NAMES_MAX];
	size_t n, max;
	struct arena *arena;
};

static void add_name(struct names *l, struct span name)
{
	for (size_t i = 0; i < l->n; i++)
		if (span_eq(l->v[i], name))
			return;
	if (name.n && l->n < l->max)
		l->v[l->n++] = name;
}

/* The values of one parameter, as they show; up to a NUL for some. */
static void add_values(struct names *l, const struct params *ps,
	struct span param)
{
	struct span values[NAMES_MAX];
	size_t n = params_all(ps, param, l->arena, l->max, values);

	for (size_t i = 0; i < n; i++) {
		size_t nul = span_chr(values[i], 0);

		add_name(l, header_decode(values[i], l->arena));
		if (nul != SIZE_MAX)
			add_name(l, header_decode(span_sub(values[i], 0, nul),
				l->arena));
	}
}

/* Further fields of that name, which should not be there. */
static void add_fields(const struct mime_tree *t, const struct mime_part *p,
	struct span field, struct names *l)
{
	const struct header_field *f;
	struct params ps;

	for (unsigned nth = 2; nth <= NAMES_MAX; nth++) {
		f = header_find(&p->header, field, nth);
		if (f == NULL)
			return;
		params_parse(f->value, &t->limits, t->arena, &ps);
		add_values(l, &ps, SPAN("filename"));
		add_values(l, &ps, SPAN("name"));
	}
}

static bool is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

/*
 * Would a client do something else with the other name? A plain form beside
 * one with letters that are not ASCII is usual, as long as both say the same
 * kind of file.
 */
static bool differ(struct span a, struct span b)
{
	if (span_caseeq(span_trim(a), span_trim(b)))
		return false;
	return !span_caseeq(param_extension(a), param_extension(b)) ||
	       (is_ascii(a) && is_ascii(b));
}

void mime_read_names(const struct mime_tree *t, struct mime_part *p,
	const struct params *type, const struct params *disposition)
{
	struct names l = { .arena = t->arena, .max = t->limits.params };

	if (l.max > NAMES_MAX)
		l.max = NAMES_MAX;
	add_values(&l, disposition, SPAN("filename"));
	add_values(&l, type, SPAN("name"));
	add_values(&l, disposition, SPAN("name"));
	add_values(&l, type, SPAN("filename"));
	if (p->header.flags & MAIL_AMBIG_FIELD) {
		add_fields(t, p, SPAN("content-disposition"), &l);
		add_fields(t, p, SPAN("content-type"), &l);
	}
	if (l.n == 0)
		return;
	p->names = arena_array(t->arena, l.n, sizeof(*p->names));
	memcpy(p->names, l.v, l.n * sizeof(*p->names));
	p->nnames = l.n;
	p->name = p->names[0];
	if (l.n == l.max)
		p->flags |= MAIL_OVER_PARAMS;
	for (size_t i = 1; i < l.n; i++)
		if (differ(p->name, l.v[i]))
			p->flags |= MAIL_AMBIG_NAME;
}
