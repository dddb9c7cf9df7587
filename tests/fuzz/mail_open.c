/* A whole message with the files in its texts and containers: each part in
 * its tree, its text in both readings, never more bytes than allowed. */
#include "base/utf8.h"
#include "mail/charset.h"
#include "mail/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Is it a child of its parent? */
static bool is_linked(const struct mime_part *p)
{
	const struct mime_part *c = p->parent ? p->parent->child : p;

	while (c && c != p)
		c = c->next;
	return c == p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct mail_limits l = mail_default_limits;
	struct mime m;

	charset_open_all();
	l.decoded_bytes = 1 << 20;
	l.parts = 100;
	mime_parse(span_from(data, size), &l, a, &m);
	mime_open(&m);
	for (size_t i = 0; i < m.n; i++) {
		struct mime_part *p = m.parts[i];
		size_t n = mime_decode(p, &l, a).n;

		if (p->index != i || p->depth > l.depth || !is_linked(p) ||
		    !utf8_valid(p->name) ||
		    !utf8_valid(mime_text(p, &l, a)) ||
		    !utf8_valid(mime_other_text(p)) ||
		    n > size + l.decoded_bytes)
			__builtin_trap();
		if (mime_is_text(p) && p->own.n > n)
			__builtin_trap();
	}
	arena_free(&a);
	return 0;
}
