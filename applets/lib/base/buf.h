/*
 * Bytes that grow. One function (buf_room) grows and checks for overflow;
 * nobody else adds lengths.
 *
 * A buf starts as { 0 } (malloc'd, freed by buf_free) or with .arena set
 * (never freed by itself: what it outgrew stays in the arena until its end).
 * Growth past BUF_MAX or without memory ends the process like an arena does.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"
#include "base/span.h"

#define BUF_MAX ((size_t)1 << 30)

struct buf {
	unsigned char *p;
	size_t n, cap;
	struct arena *arena;
};

/* Makes room for n more bytes and returns where they go; b->n is unchanged. */
unsigned char *buf_room(struct buf *b, size_t n);
static inline void buf_byte(struct buf *b, unsigned char c)
{
	if (b->p == NULL || b->n == b->cap)
		buf_room(b, 1);
	b->p[b->n++] = c;
}
void buf_add(struct buf *b, const void *p, size_t n);
void buf_span(struct buf *b, struct span s);
void buf_string(struct buf *b, const char *c_string);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct span buf_bytes(const struct buf *b);
/* The content as a C string: puts a NUL behind it that n does not count. */
const char *buf_c(struct buf *b);
void buf_free(struct buf *b);

/* The bytes as base64 (RFC 4648 section 4), padded, in one piece. */
void buf_base64(struct buf *b, struct span bytes);

#endif
