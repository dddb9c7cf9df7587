/* Files in a text: in order, inside it, never more bytes than room. The first
 * byte says whether the line before the colon may be missing. */
#include <stdlib.h>

#include "mail/binhex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_after(span_from(data, size), 1);
	bool bare = size && (data[0] & 1);
	struct binhex_file f;
	size_t from = 0;

	while (binhex_find(text, from, bare, &f)) {
		size_t room = binhex_room(&f);
		unsigned char *out = malloc(room + 1);
		struct span fork, resource;

		binhex_decode(&f, out, &fork, &resource);
		if (f.at < from || f.size == 0 || f.size > text.n - f.at ||
		    fork.n + resource.n > room)
			__builtin_trap();
		free(out);
		from = f.at + f.size;
	}
	return 0;
}
