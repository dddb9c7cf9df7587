/*
 * A whole message: its tree in all readings, opened, each part decoded and
 * read as text. Parts are where they say, no leaf is lost between them.
 */
#include "base/utf8.h"
#include "mail/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(const struct mime *m, struct mime_part *p,
	const struct mail_limits *l, struct arena *a)
{
	if (!utf8_valid(mime_text(p, l, a)) || p->depth > l->depth ||
	    (p->origin == MIME_READING) != (p->instead != NULL) ||
	    (p->parent && p->depth != p->parent->depth + 1) ||
	    (p->nnames && p->names[0].p != p->name.p) ||
	    p->nnames > l->params || m->parts[p->index] != p)
		__builtin_trap();
	for (size_t i = 0; i < p->nnames; i++)
		if (!utf8_valid(p->names[i]))
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	const struct mail_limits *l = &mail_default_limits;
	size_t readings = 0;
	struct mime m;

	mime_parse(span_from(data, size), l, a, &m);
	/* A part takes up to 4 KB, however few bytes it is made of. */
	if (arena_used(a) > 8 * size + 4096 * l->parts)
		__builtin_trap();
	mime_open(&m);
	for (size_t i = 0; i < m.n; i++) {
		struct mime_part *p = m.parts[i];

		mime_decode(p, l, a);
		check_part(&m, p, l, a);
		readings += p->origin == MIME_READING;
	}
	if (m.n > l->parts || readings > l->readings)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
