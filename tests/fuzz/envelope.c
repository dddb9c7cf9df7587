/* An envelope's record: what is read is written again the same. */
#include "engine/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_from(data, size);
	struct buf b = { .arena = a };
	struct envelope env;

	if (envelope_get(s, a, &env)) {
		envelope_put(&b, &env);
		if (!span_eq(buf_bytes(&b), s))
			__builtin_trap();
	}
	arena_free(&a);
	return 0;
}
