/*
 * A body's canonical hash: in pieces as at once, and what the canonical form
 * makes no difference of has the same hash. The input is one octet that
 * chooses (relaxed, l=, the size of pieces) and the body.
 */
#include "mailauth/dkim_canon.h"

#include <string.h>

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Fed in pieces of that size. */
static uint64_t hash(struct arena *a, struct span body, size_t piece,
	unsigned choice, unsigned char hash_r[HASH_SHA256_SIZE])
{
	struct canon_body *c = arena_alloc(a, sizeof(*c));

	canon_body_begin(c, choice & 1, choice & 2 ? choice >> 2 : UINT64_MAX);
	for (size_t i = 0; i < body.n; i += piece)
		canon_body_add(c, span_sub(body, i, piece));
	canon_body_end(c, hash_r);
	return c->total;
}

/* Which are no part of it (RFC 6376 sections 3.4.3 and 3.4.4). */
static struct span with_empty_lines(struct arena *a, struct span body)
{
	unsigned char *p = arena_alloc(a, body.n + 3);

	memcpy(p, body.p, body.n);
	memcpy(p + body.n, "\r\n\n", 3);
	return span_from(p, body.n + 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	unsigned char whole[HASH_SHA256_SIZE], other[HASH_SHA256_SIZE];
	struct span body = span_from(data, size);
	unsigned choice = size ? data[0] : 0;
	uint64_t total;

	body = span_after(body, 1);
	total = hash(a, body, body.n + 1, choice, whole);
	for (size_t piece = 1; piece < 8; piece += 1 + choice % 3)
		if (hash(a, body, piece, choice, other) != total ||
		    memcmp(whole, other, sizeof(whole)))
			__builtin_trap();
	if (span_ends(body, SPAN("\n")) &&
	    (hash(a, with_empty_lines(a, body), body.n + 3, choice, other) !=
		    total || memcmp(whole, other, sizeof(whole))))
		__builtin_trap();
	arena_free(&a);
	return 0;
}
