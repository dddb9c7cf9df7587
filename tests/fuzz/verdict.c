/*
 * A verdict's record as a hostile scanner may write it: what passes is
 * written again the same, stays within its share of memory, and is resolved
 * for whatever the MTA can do.
 */
#include "engine/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RCPTS = 3, MSG_BYTES = 1000 };

static void resolve(const struct verdict *v, struct arena *a)
{
	struct span rcpts[RCPTS] = { SPAN("a@b"), SPAN("c@d"), SPAN("A@b") };
	struct envelope env = { .rcpts = rcpts, .nrcpts = RCPTS };

	for (unsigned i = 0; i < 16; i++) {
		struct mta_can can = { i & 1, i & 2, i & 4, i & 4, i & 2,
			i & 1, i & 8 };
		struct resolution r;

		verdict_resolve(v, &env, &can, a, &r);
		if (r.reply == REPLY_ACCEPT && r.ndelete == RCPTS &&
		    r.nadd == 0)
			__builtin_trap();
		if ((r.reply == REPLY_TEMPFAIL && r.nkeeps) ||
		    (r.reply > REPLY_DISCARD && r.code.n < 5))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_from(data, size);
	struct buf b = { .arena = a };
	struct verdict v;

	if (verdict_get(s, RCPTS, MSG_BYTES, a, &v)) {
		verdict_put(&b, &v);
		if (!span_eq(buf_bytes(&b), s))
			__builtin_trap();
		resolve(&v, a);
	} else if (arena_used(a) > 6 * size + 1024) {
		__builtin_trap();
	}
	arena_free(&a);
	return 0;
}
