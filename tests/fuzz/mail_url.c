/* URLs of a text and of a page. */
#include "mail/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct url_set set = { 0 };
	struct span s = span_from(data, size);

	url_find(s, false, &mail_default_limits, a, &set);
	url_find(s, true, &mail_default_limits, a, &set);
	if (set.n > mail_default_limits.urls)
		__builtin_trap();
	for (size_t i = 0; i < set.n; i++)
		if (set.v[i].host.n == 0 || set.v[i].raw.p < data ||
		    set.v[i].raw.p + set.v[i].raw.n > data + size)
			__builtin_trap();
	arena_free(&a);
	return 0;
}
