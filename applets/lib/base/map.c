#include "base/map.h"

#include <string.h>
#include <sys/random.h>

#include "base/log.h"

struct slot {
	struct span key;
	void *value;
	uint64_t hash;
};

struct map {
	struct arena *arena;
	struct slot *slots;
	size_t count, size; /* size: a power of two */
	uint64_t key[2];
};

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein 2012). */
uint64_t map_hash(const uint64_t key[2], struct span s)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575u,
		key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
		key[1] ^ 0x7465646279746573u };
	uint64_t word, last = (uint64_t)s.n << 56;

	for (; s.n >= 8; s = span_after(s, 8)) {
		memcpy(&word, s.p, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (size_t i = 0; i < s.n; i++)
		last |= (uint64_t)s.p[i] << 8 * i;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map *map_new(struct arena *a)
{
	struct map *m = arena_alloc(a, sizeof(*m));

	m->arena = a;
	m->size = 16;
	m->slots = arena_array(a, m->size, sizeof(*m->slots));
	if (getrandom(m->key, sizeof(m->key), 0) != sizeof(m->key))
		log_panic("getrandom failed");
	return m;
}

/* The slot that holds key, or the free one where it belongs. */
static struct slot *find(const struct map *m, struct span key, uint64_t hash)
{
	size_t i = (size_t)hash & (m->size - 1);

	while (m->slots[i].value && (m->slots[i].hash != hash ||
				     !span_eq(m->slots[i].key, key)))
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

void *map_get(const struct map *m, struct span key)
{
	return find(m, key, map_hash(m->key, key))->value;
}

static void grow(struct map *m)
{
	struct slot *old = m->slots;
	size_t n = m->size;

	m->size *= 2;
	m->slots = arena_array(m->arena, m->size, sizeof(*m->slots));
	for (size_t i = 0; i < n; i++)
		if (old[i].value)
			*find(m, old[i].key, old[i].hash) = old[i];
}

void *map_put(struct map *m, struct span key, void *value)
{
	uint64_t hash = map_hash(m->key, key);
	struct slot *s = find(m, key, hash);
	void *before = s->value;

	*s = (struct slot){ before ? s->key : key, value, hash };
	if (before == NULL && ++m->count * 4 > m->size * 3)
		grow(m);
	return before;
}

size_t map_count(const struct map *m)
{
	return m->count;
}
