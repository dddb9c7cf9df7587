#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum {
	BLOCK_SIZE = 16384,
	ALIGN = _Alignof(max_align_t),
};

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(max_align_t) unsigned char data[];
};

struct arena {
	const char *name;
	size_t limit, held, used;
	struct block *blocks;	/* the one being filled first */
};

/* Memory is gone: the process is of no more use. */
static _Noreturn void give_up(const char *name, size_t n)
{
	log_error("arena %s: %zu more bytes are over its limit", name, n);
	_Exit(ARENA_EXIT);
}

struct arena *arena_new(const char *name, size_t limit)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL || limit == 0)
		give_up(name, sizeof(*a));
	a->name = name;
	a->limit = limit;
	return a;
}

/* Adds a block with room for n bytes; the only place that adds lengths. */
static struct block *add_block(struct arena *a, size_t n)
{
	size_t size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
	struct block *b;

	if (n > a->limit || size > SIZE_MAX - sizeof(*b) ||
	    a->held > a->limit - n)
		give_up(a->name, n);
	b = malloc(sizeof(*b) + size);
	if (b == NULL)
		give_up(a->name, n);
	b->size = size;
	b->used = 0;
	a->held += size;
	if (size > BLOCK_SIZE && a->blocks) {
		/* The current block still has room for small things. */
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct block *b = a->blocks;
	size_t padded = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	void *p;

	if (padded < n)
		give_up(a->name, n);
	if (b == NULL || b->size - b->used < padded)
		b = add_block(a, padded);
	p = b->data + b->used;
	b->used += padded;
	a->used += padded;
	return memset(p, 0, padded);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		give_up(a->name, SIZE_MAX);
	return arena_alloc(a, n);
}

struct span arena_span(struct arena *a, struct span s)
{
	unsigned char *p = arena_alloc(a, s.n < SIZE_MAX ? s.n + 1 : s.n);

	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct span){ p, s.n };
}

char *arena_string(struct arena *a, struct span s)
{
	return (char *)(uintptr_t)arena_span(a, s).p;
}

struct span *arena_spans(struct arena *a, const char **texts, size_t n)
{
	struct span *v = arena_array(a, n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = span_of(texts[i]);
	return v;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
	if (n > 0)
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

void arena_reset(struct arena *a)
{
	struct block *keep = NULL;

	while (a->blocks) {
		struct block *b = a->blocks;

		a->blocks = b->next;
		if (keep == NULL && b->size == BLOCK_SIZE)
			keep = b;
		else
			free(b);
	}
	a->blocks = keep;
	a->used = a->held = 0;
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
		a->held = keep->size;
	}
}

void arena_free(struct arena **a)
{
	if (*a == NULL)
		return;
	while ((*a)->blocks) {
		struct block *b = (*a)->blocks;

		(*a)->blocks = b->next;
		free(b);
	}
	free(*a);
	*a = NULL;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
