#include "base/wire.h"

static void put_le(struct buf *b, uint64_t v, unsigned bytes)
{
	unsigned char *p = buf_room(b, bytes);

	for (unsigned i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> 8 * i);
	b->n += bytes;
}

void wire_put_u8(struct buf *b, uint8_t v)
{
	buf_byte(b, v);
}

void wire_put_u16(struct buf *b, uint16_t v)
{
	put_le(b, v, 2);
}

void wire_put_u32(struct buf *b, uint32_t v)
{
	put_le(b, v, 4);
}

void wire_put_u64(struct buf *b, uint64_t v)
{
	put_le(b, v, 8);
}

void wire_put_span(struct buf *b, struct span s)
{
	wire_put_u32(b, (uint32_t)s.n);
	buf_span(b, s);
}

struct wire wire_open(struct span s)
{
	return (struct wire){ .rest = s };
}

/* Takes n bytes off the front, or nothing and marks the record bad. */
static struct span take(struct wire *w, size_t n)
{
	struct span s = span_sub(w->rest, 0, n);

	if (w->bad || s.n < n) {
		w->bad = true;
		return (struct span){ NULL, 0 };
	}
	w->rest = span_after(w->rest, n);
	return s;
}

static uint64_t get_le(struct wire *w, unsigned bytes)
{
	struct span s = take(w, bytes);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v |= (uint64_t)s.p[i] << 8 * i;
	return v;
}

uint8_t wire_u8(struct wire *w)
{
	return (uint8_t)get_le(w, 1);
}

uint16_t wire_u16(struct wire *w)
{
	return (uint16_t)get_le(w, 2);
}

uint32_t wire_u32(struct wire *w)
{
	return (uint32_t)get_le(w, 4);
}

uint64_t wire_u64(struct wire *w)
{
	return get_le(w, 8);
}

struct span wire_span(struct wire *w)
{
	return take(w, wire_u32(w));
}

uint32_t wire_count(struct wire *w, size_t least)
{
	uint32_t n = wire_u32(w);

	if (w->bad || n > w->rest.n / least) {
		w->bad = true;
		return 0;
	}
	return n;
}

bool wire_done(const struct wire *w)
{
	return !w->bad && w->rest.n == 0;
}
