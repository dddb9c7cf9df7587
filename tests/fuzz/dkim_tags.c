/* A tag list, read as a signature field and as a key record. */
#include "mailauth/dkim_field.h"
#include "mailauth/dkim_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct header_field h = { .value = span_from(data, size) };
	struct dkim_signature s = { 0 };
	struct dkim_field f;
	struct dkim_key k;

	dkim_field_read(&h, DKIM_SIGNATURE, 1600000000, a, &f, &s);
	if (s.result == AUTH_WAIT && (!s.domain.n || !s.selector.n ||
		    !s.identity.n || !f.signature.n))
		__builtin_trap();
	if (!dkim_key_read(h.value, a, &k) && !k.bytes.n)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
