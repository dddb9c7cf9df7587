/* Items lie inside the container, rich text in its room. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/lzfu.h"
#include "mail/tnef.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void unpack(struct span s)
{
	size_t room = lzfu_room(s);
	unsigned char *out;
	bool clean = true;

	if (room > (size_t)9 * s.n)
		__builtin_trap();
	out = malloc(room + 1);
	if (lzfu_decode(s, out, &clean) > room)
		__builtin_trap();
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct tnef t;

	tnef_read(span_from(data, size), 100, a, &t);
	for (size_t i = 0; i < t.n; i++) {
		const struct tnef_item *v = &t.v[i];

		if (v->content.n && (v->content.p < data ||
		    v->content.p + v->content.n > data + size))
			__builtin_trap();
		for (size_t k = 0; k < v->nnames; k++)
			if (!utf8_valid(v->names[k]))
				__builtin_trap();
		if (v->kind == TNEF_RTF)
			unpack(v->content);
	}
	unpack(span_from(data, size));
	arena_free(&a);
	return 0;
}
