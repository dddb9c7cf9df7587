/*
 * Compact binary records between our processes and in our files.
 *
 * Integers are little-endian; bytes are a u32 length and the bytes. Writing
 * goes to a buf. Reading comes from a span that nobody trusts: the first
 * read past its end sets `bad`, and every later read yields zero or an empty
 * span, so that a decoder checks once, at its end.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/buf.h"
#include "base/span.h"

void wire_put_u8(struct buf *b, uint8_t v);
void wire_put_u16(struct buf *b, uint16_t v);
void wire_put_u32(struct buf *b, uint32_t v);
void wire_put_u64(struct buf *b, uint64_t v);
void wire_put_span(struct buf *b, struct span s);

struct wire {
	struct span rest;
	bool bad;
};

struct wire wire_open(struct span s);
uint8_t wire_u8(struct wire *w);
uint16_t wire_u16(struct wire *w);
uint32_t wire_u32(struct wire *w);
uint64_t wire_u64(struct wire *w);
/* Points into the record that was opened. */
struct span wire_span(struct wire *w);
/*
 * A count of things that take at least `least` bytes each (1 or more): one
 * that the rest cannot hold is bad and reads as 0.
 */
uint32_t wire_count(struct wire *w, size_t least);
/* Was everything well-formed and is nothing left over? */
bool wire_done(const struct wire *w);

#endif
