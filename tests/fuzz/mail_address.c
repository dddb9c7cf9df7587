/* A list of addresses, and an envelope address. */
#include "base/utf8.h"
#include "mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_from(data, size);
	struct address *list;
	size_t n = address_list(s, 100, a, &list);

	if (n > 100)
		__builtin_trap();
	for (size_t i = 0; i < n; i++)
		if (!utf8_valid(list[i].display) ||
		    list[i].local.n + list[i].domain.n > list[i].full.n)
			__builtin_trap();
	address_domain_ok(address_split(s).domain);
	arena_free(&a);
	return 0;
}
