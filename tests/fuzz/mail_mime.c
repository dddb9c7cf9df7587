/* A whole message: its tree, each part decoded and read as text. */
#include "base/utf8.h"
#include "mail/mime.h"
#include "mail/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	const struct mail_limits *l = &mail_default_limits;
	struct mime m;

	mime_parse(span_from(data, size), l, a, &m);
	for (size_t i = 0; i < m.n; i++) {
		struct mime_part *p = m.parts[i];

		type_of(mime_decode(p, l, a));
		if (!utf8_valid(mime_text(p, l, a)) || !utf8_valid(p->name) ||
		    p->index != i || p->depth > l->depth ||
		    p->raw.p + p->raw.n > data + size)
			__builtin_trap();
	}
	arena_free(&a);
	return 0;
}
