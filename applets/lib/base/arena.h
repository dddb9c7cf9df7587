/*
 * Memory with a name, an owner and an end.
 *
 * Everything taken from an arena goes at once: one arena per connection, one
 * per message. Memory comes zeroed. Allocation does not fail: past the limit
 * or without memory the process says which arena it was and exits with
 * ARENA_EXIT, for its supervisor to start a fresh one. Refuse oversized input
 * earlier, by limits.
 *
 * Not thread-safe: an arena belongs to one owner at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/span.h"

enum { ARENA_EXIT = 71 };

struct arena;

/* limit: most bytes it may hold, 0 is not allowed. name: a literal. */
struct arena *arena_new(const char *name, size_t limit);
void arena_free(struct arena **a);
/* Forgets everything, keeps the first block for the next message. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n);
/* An array: count * size is checked. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy, with a courtesy NUL behind it that n does not count. */
struct span arena_span(struct arena *a, struct span s);
/* A C string copy of s: bytes after a NUL in it are lost to C. */
char *arena_string(struct arena *a, struct span s);
/* The same bytes as spans: no text is copied. */
struct span *arena_spans(struct arena *a, const char **texts, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

size_t arena_used(const struct arena *a);

#endif
