#include "engine/dnstable.h"

#include "base/wire.h"

enum { MAGIC = 0x31746e64 };

enum flag { ENABLED = 1, BLOCK = 2, WHOLE = 4, ADDRESSES = 8 };

static void put_codes(struct buf *b, const struct dnstable_codes *c)
{
	wire_put_u32(b, (uint32_t)c->n);
	for (size_t i = 0; i < c->n; i++)
		wire_put_span(b, span_from(&c->v[i], sizeof(c->v[i])));
}

static void put_hits(struct buf *b, const struct dnstable_list *l)
{
	wire_put_u32(b, (uint32_t)l->nhits);
	for (size_t i = 0; i < l->nhits; i++) {
		wire_put_span(b, l->hits[i].name);
		wire_put_span(b, l->hits[i].about);
		wire_put_u32(b, (uint32_t)l->hits[i].weight);
		put_codes(b, &l->hits[i].codes);
	}
}

static void put_list(struct buf *b, const struct dnstable_list *l)
{
	wire_put_span(b, l->name);
	wire_put_span(b, l->zone);
	wire_put_span(b, l->about);
	wire_put_span(b, l->terms);
	wire_put_span(b, l->help);
	wire_put_span(b, l->test);
	wire_put_span(b, l->clean);
	wire_put_u32(b, l->group);
	wire_put_u8(b, (uint8_t)l->kind);
	wire_put_u32(b, l->of);
	wire_put_u8(b, (uint8_t)l->hash);
	wire_put_u8(b, (uint8_t)((l->enabled ? ENABLED : 0) |
		(l->block ? BLOCK : 0) | (l->whole ? WHOLE : 0) |
		(l->addresses ? ADDRESSES : 0)));
	wire_put_u32(b, l->timeout_s);
	put_codes(b, &l->refused);
	put_hits(b, l);
}

void dnstable_put(const struct dnstable *t, struct buf *b)
{
	wire_put_u32(b, MAGIC);
	wire_put_u32(b, (uint32_t)t->ngroups);
	for (size_t i = 0; i < t->ngroups; i++) {
		wire_put_span(b, t->groups[i].name);
		wire_put_span(b, t->groups[i].about);
		wire_put_u32(b, (uint32_t)t->groups[i].cap);
	}
	wire_put_u32(b, (uint32_t)t->nlists);
	for (size_t i = 0; i < t->nlists; i++)
		put_list(b, &t->lists[i]);
}

/* --- and back ------------------------------------------------------------ */

static void get_codes(struct wire *w, struct arena *a,
	struct dnstable_codes *c)
{
	c->n = wire_count(w, 4 + sizeof(*c->v));
	c->v = arena_array(a, c->n, sizeof(*c->v));
	for (size_t i = 0; i < c->n; i++) {
		struct span s = wire_span(w);

		w->bad |= s.n != sizeof(c->v[i]);
		for (size_t k = 0; k < 4 && !w->bad; k++) {
			c->v[i].from[k] = s.p[k];
			c->v[i].to[k] = s.p[4 + k];
			c->v[i].bits[k] = s.p[8 + k];
		}
	}
}

static void get_hits(struct wire *w, struct arena *a,
	struct dnstable_list *l)
{
	l->nhits = wire_count(w, 16);
	l->hits = arena_array(a, l->nhits, sizeof(*l->hits));
	for (size_t i = 0; i < l->nhits; i++) {
		l->hits[i].name = wire_span(w);
		l->hits[i].about = wire_span(w);
		l->hits[i].weight = (int32_t)wire_u32(w);
		get_codes(w, a, &l->hits[i].codes);
	}
}

static void get_flags(struct wire *w, struct dnstable_list *l)
{
	unsigned flags = wire_u8(w);

	l->enabled = flags & ENABLED;
	l->block = flags & BLOCK;
	l->whole = flags & WHOLE;
	l->addresses = flags & ADDRESSES;
}

static void get_list(struct wire *w, struct arena *a, size_t ngroups,
	struct dnstable_list *l)
{
	l->name = wire_span(w);
	l->zone = wire_span(w);
	l->about = wire_span(w);
	l->terms = wire_span(w);
	l->help = wire_span(w);
	l->test = wire_span(w);
	l->clean = wire_span(w);
	l->group = wire_u32(w);
	l->kind = (enum dnstable_kind)wire_u8(w);
	l->of = wire_u32(w);
	l->hash = (enum dnstable_hash)wire_u8(w);
	get_flags(w, l);
	l->timeout_s = wire_u32(w);
	get_codes(w, a, &l->refused);
	get_hits(w, a, l);
	w->bad |= l->group >= ngroups || l->kind >= DNSTABLE_KINDS ||
		l->hash >= DNSTABLE_HASHES;
}

int dnstable_get(struct span record, struct arena *a, struct dnstable *t,
	struct err *e)
{
	struct wire w = wire_open(record);

	*t = (struct dnstable){ 0 };
	if (record.n == 0)
		return 0;
	w.bad |= wire_u32(&w) != MAGIC;
	t->ngroups = wire_count(&w, 12);
	t->groups = arena_array(a, t->ngroups, sizeof(*t->groups));
	for (size_t i = 0; i < t->ngroups; i++) {
		t->groups[i].name = wire_span(&w);
		t->groups[i].about = wire_span(&w);
		t->groups[i].cap = (int32_t)wire_u32(&w);
	}
	t->nlists = wire_count(&w, 51);
	t->lists = arena_array(a, t->nlists, sizeof(*t->lists));
	for (size_t i = 0; i < t->nlists; i++)
		get_list(&w, a, t->ngroups, &t->lists[i]);
	if (wire_done(&w))
		return 0;
	return err_set(e, ERR_BUG, "the record of DNS lists is malformed");
}
