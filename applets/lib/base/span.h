/*
 * Bytes with a length: how every part of a message is named.
 *
 * A span does not own what it points at; it lives as long as the buffer or
 * arena behind it. p may be NULL only when n is 0. Bytes are arbitrary: NUL
 * and 8-bit included. Nothing here allocates.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const unsigned char *p;
	size_t n;
};

/* The span of a string literal. */
#define SPAN(lit) ((struct span){ (const unsigned char *)"" lit, \
	sizeof(lit) - 1 })

/* What printf's "%.*s" takes: only for bytes known to be printable. */
#define SPAN_FMT(s) (int)(s).n, (const char *)(s).p

/*
 * What every parser does at each byte stands here, so that compilers see
 * through it.
 */

static inline struct span span_from(const void *p, size_t n)
{
	return (struct span){ p, n };
}

/* Of our own strings, not of mail. */
static inline struct span span_of(const char *c_string)
{
	return span_from(c_string, c_string ? strlen(c_string) : 0);
}

/* s without its first `from` bytes and at most n long; never out of s. */
static inline struct span span_sub(struct span s, size_t from, size_t n)
{
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	/* NULL + 0 is undefined before C2x. */
	return (struct span){ s.p ? s.p + from : NULL, n };
}

static inline struct span span_after(struct span s, size_t from)
{
	return span_sub(s, from, SIZE_MAX);
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is(struct span a, const char *c_string)
{
	return span_eq(a, span_of(c_string));
}

static inline bool span_starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && span_eq(span_sub(s, 0, prefix.n), prefix);
}

/* ASCII only. */
static inline unsigned char span_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

/* Offset of the first occurrence, or SIZE_MAX. */
static inline size_t span_chr(struct span s, unsigned char c)
{
	const unsigned char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

bool span_caseeq(struct span a, struct span b); /* ASCII letters only */
bool span_casestarts(struct span s, struct span prefix);
bool span_ends(struct span s, struct span suffix);
int span_cmp(struct span a, struct span b); /* memcmp order, shorter first */

/* Offset of the first occurrence, or SIZE_MAX. */
size_t span_find(struct span s, struct span what);
size_t span_casefind(struct span s, struct span what);
size_t span_rchr(struct span s, unsigned char c);

/* Without blanks, tabs, CR and LF at both ends. */
struct span span_trim(struct span s);

/*
 * Takes the next piece up to `sep` off the front of *rest. False when *rest
 * is exhausted: while (span_cut(&rest, ',', &piece)). "a,,b" has three
 * pieces, "a," has one; an empty rest has none.
 */
bool span_cut(struct span *rest, unsigned char sep, struct span *piece_r);

/* The next line without its LF or CRLF; false at the end. */
bool span_line(struct span *rest, struct span *line_r);

/* Decimal digits only, all of s, <= max. */
bool span_u64(struct span s, uint64_t max, uint64_t *value_r);

#endif
