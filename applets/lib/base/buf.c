#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* Moves the content to a block of cap bytes. */
static void resize(struct buf *b, size_t cap)
{
	unsigned char *p;

	if (b->arena) {
		p = arena_alloc(b->arena, cap);
		if (b->n)
			memcpy(p, b->p, b->n);
	} else {
		p = realloc(b->p, cap);
	}
	if (p == NULL) {
		log_error("no memory for a buffer of %zu bytes", cap);
		_Exit(ARENA_EXIT);
	}
	b->p = p;
	b->cap = cap;
}

unsigned char *buf_room(struct buf *b, size_t n)
{
	size_t need, cap = b->cap ? b->cap : 64;

	if (__builtin_add_overflow(b->n, n, &need) || need > BUF_MAX) {
		log_error("a buffer of %zu bytes cannot take %zu more", b->n,
			n);
		_Exit(ARENA_EXIT);
	}
	if (b->p && need <= b->cap)
		return b->p + b->n;
	while (cap < need)
		cap *= 2;
	resize(b, cap);
	return b->p + b->n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	unsigned char *to = buf_room(b, n);

	if (n)
		memcpy(to, p, n);
	b->n += n;
}

void buf_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

void buf_string(struct buf *b, const char *c_string)
{
	buf_span(b, span_of(c_string));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		vsnprintf((char *)buf_room(b, (size_t)n + 1), (size_t)n + 1,
			fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

struct span buf_bytes(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

const char *buf_c(struct buf *b)
{
	*buf_room(b, 1) = 0;
	return (const char *)b->p;
}

void buf_free(struct buf *b)
{
	if (b->arena == NULL)
		free(b->p);
	*b = (struct buf){ .arena = b->arena };
}

void buf_base64(struct buf *b, struct span s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t bits = (uint32_t)s.p[i] << 16;

		if (left > 1)
			bits |= (uint32_t)s.p[i + 1] << 8;
		if (left > 2)
			bits |= s.p[i + 2];
		buf_byte(b, (unsigned char)digits[bits >> 18]);
		buf_byte(b, (unsigned char)digits[bits >> 12 & 63]);
		buf_byte(b, left > 1 ? (unsigned char)digits[bits >> 6 & 63] :
				       '=');
		buf_byte(b, left > 2 ? (unsigned char)digits[bits & 63] : '=');
	}
}
