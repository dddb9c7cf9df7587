/* Files in a text: in order, inside it, never more bytes than room. */
#include <stdlib.h>

#include "mail/uu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_from(data, size);
	struct uu_file f;
	size_t from = 0;

	while (uu_find(text, from, &f)) {
		unsigned char *out = malloc(uu_room(&f) + 1);

		if (f.at < from || f.size == 0 || f.size > size - f.at ||
		    f.name.n == 0 || uu_decode(&f, out) > uu_room(&f))
			__builtin_trap();
		free(out);
		from = f.at + f.size;
	}
	return 0;
}
