/* A header block: parsed, its values decoded, edits laid over it, authors. */
#include "base/utf8.h"
#include "mail/address.h"
#include "mail/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct edit_splice s;
	const struct header *headers[1];
	struct address *list;
	struct header h;
	unsigned flags;

	header_parse(span_from(data, size), &mail_default_limits, a, &h);
	if (h.end > h.size || h.size > size)
		__builtin_trap();
	for (size_t i = 0; i < h.n; i++) {
		struct span text = header_decode(h.fields[i].value, a);

		edit_encode_text(text, a);
		if (!utf8_valid(text) || !edit_change_header(&h,
			    h.fields[i].name, 1, text, a, &s) ||
		    s.at + s.remove > h.end)
			__builtin_trap();
	}
	headers[0] = &h;
	if (address_authors(headers, 1, 100, a, &list, &flags) > 100)
		__builtin_trap();
	edit_add_header(&h, SPAN("X"), SPAN("y"), a);
	arena_free(&a);
	return 0;
}
