/*
 * Packed bytes out of a damaged database: whatever they are, no more than
 * max comes, and what was packed here comes back.
 */
#include "base/pack.h"

enum { MOST = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_from(data, size);
	struct buf packed = { 0 }, plain = { 0 };

	if (unpack(input, MOST, &plain) ? plain.n > MOST : plain.n != 0)
		__builtin_trap();
	plain.n = 0;
	pack(input, &packed);
	if (!unpack(buf_bytes(&packed), size, &plain) ||
	    !span_eq(buf_bytes(&plain), input))
		__builtin_trap();
	plain.n = 0;
	if (size > 0 && unpack(buf_bytes(&packed), size - 1, &plain))
		__builtin_trap();
	buf_free(&packed);
	buf_free(&plain);
	return 0;
}
