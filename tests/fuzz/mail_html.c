/* A page as text: valid UTF-8 within its limits, links without references. */
#include "base/utf8.h"
#include "mail/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct buf b = { .arena = a };
	struct html h;

	utf8_sanitise(&b, span_from(data, size));
	html_read(buf_bytes(&b), 4096, &mail_default_limits, a, &h);
	if (h.text.n > 4096 || !utf8_valid(h.text) ||
	    h.nlinks > mail_default_limits.urls)
		__builtin_trap();
	for (size_t i = 0; i < h.nlinks; i++)
		if (h.links[i].target.n == 0 || !utf8_valid(h.links[i].target))
			__builtin_trap();
	html_read(span_from(data, size), 64, &mail_default_limits, a, &h);
	arena_free(&a);
	return 0;
}
