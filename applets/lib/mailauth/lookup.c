#include "mailauth/lookup.h"

#include <string.h>

#include "base/map.h"

enum { LABEL_MAX = 63, NAME_OCTETS = 253 };

struct lookup {
	struct arena *a;
	struct map *known;
	struct question *first, **last;	/* not yet sent */
	size_t most;
};

/* What every name that is none is answered with. */
static const struct question no_name = { .kind = ASK_DNS, .state = ASK_NO };
static const struct question too_many = { .kind = ASK_DNS,
	.state = ASK_LATER, .text = { (const unsigned char *)
	"too many DNS questions", 22 } };

struct lookup *lookup_new(struct arena *a, size_t most)
{
	struct lookup *l = arena_alloc(a, sizeof(*l));

	*l = (struct lookup){ .a = a, .known = map_new(a), .most = most };
	l->last = &l->first;
	return l;
}

static bool is_name(struct span name)
{
	struct span label;

	if (name.n == 0 || name.n > NAME_OCTETS || name.p[name.n - 1] == '.')
		return false;
	while (span_cut(&name, '.', &label))
		if (label.n == 0 || label.n > LABEL_MAX)
			return false;
	return true;
}

/* Two octets of the type, then the name in small letters. */
static struct span make_key(struct arena *a, struct span name, uint16_t type)
{
	unsigned char *p = arena_alloc(a, name.n + 2);

	p[0] = (unsigned char)(type >> 8);
	p[1] = (unsigned char)type;
	for (size_t i = 0; i < name.n; i++)
		p[i + 2] = span_lower(name.p[i]);
	return span_from(p, name.n + 2);
}

const struct question *lookup_ask(struct lookup *l, struct span name,
	uint16_t type)
{
	struct question *q;
	struct span key;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (!is_name(name))
		return &no_name;
	key = make_key(l->a, name, type);
	q = map_get(l->known, key);
	if (q)
		return q;
	if (map_count(l->known) >= l->most)
		return &too_many;
	q = arena_alloc(l->a, sizeof(*q));
	*q = (struct question){ .kind = ASK_DNS, .type = type,
		.name = span_after(key, 2), .state = ASK_PENDING };
	map_put(l->known, key, q);
	*l->last = q;
	l->last = &q->next;
	return q;
}

struct question *lookup_fresh(struct lookup *l)
{
	struct question *q = l->first;

	if (!q)
		return NULL;
	l->first = q->next;
	if (!l->first)
		l->last = &l->first;
	q->next = NULL;
	return q;
}

bool lookup_txt(struct span rdata, struct arena *a, struct span *text_r)
{
	unsigned char *p = arena_alloc(a, rdata.n + 1);
	size_t n = 0;

	if (rdata.n == 0)
		return false;
	while (rdata.n > 0) {
		size_t piece = rdata.p[0];

		if (piece >= rdata.n)
			return false;
		memcpy(p + n, rdata.p + 1, piece);
		n += piece;
		rdata = span_after(rdata, piece + 1);
	}
	*text_r = span_from(p, n);
	return true;
}

/* A dot inside a label cannot be told from one between two: no name then. */
bool lookup_name(struct span rdata, struct arena *a, struct span *name_r)
{
	unsigned char *p = arena_alloc(a, rdata.n + 1);
	size_t n = 0;

	while (rdata.n > 0 && rdata.p[0] > 0) {
		size_t label = rdata.p[0];

		if (label > LABEL_MAX || label >= rdata.n ||
		    memchr(rdata.p + 1, '.', label))
			return false;
		if (n > 0)
			p[n++] = '.';
		memcpy(p + n, rdata.p + 1, label);
		n += label;
		rdata = span_after(rdata, label + 1);
	}
	*name_r = span_from(p, n);
	return rdata.n == 1 && n <= NAME_OCTETS;
}
