/*
 * A hash table from bytes to a pointer, keyed so that nobody outside can
 * choose collisions (SipHash-1-3 with a random key per table).
 *
 * Keys are not copied: they live as long as the table. Memory is the arena's.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"
#include "base/span.h"

struct map;

struct map *map_new(struct arena *a);
void *map_get(const struct map *m, struct span key);
/* Puts or replaces; value must not be NULL. Returns what was there. */
void *map_put(struct map *m, struct span key, void *value);
size_t map_count(const struct map *m);

uint64_t map_hash(const uint64_t key[2], struct span s);

#endif
