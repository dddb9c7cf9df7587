/* A record of the message log; what is read is written back the same. */
#include <string.h>

#include "store/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span record = span_from(data, size);
	struct buf again = { .arena = a };
	struct message_record r;

	if (message_get(record, a, &r)) {
		message_put(&again, &r);
		if (!span_eq(buf_bytes(&again), record))
			__builtin_trap();
		message_outcome(&r);
	}
	arena_free(&a);
	return 0;
}
