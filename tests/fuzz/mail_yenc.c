/* Files in a text: in order, inside it, never more bytes than room. */
#include <stdlib.h>

#include "mail/yenc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_from(data, size);
	struct yenc_file f;
	size_t from = 0;

	while (yenc_find(text, from, &f)) {
		unsigned char *out = malloc(yenc_room(&f) + 1);

		if (f.at < from || f.size == 0 || f.size > size - f.at ||
		    yenc_decode(&f, out) > yenc_room(&f))
			__builtin_trap();
		free(out);
		from = f.at + f.size;
	}
	return 0;
}
