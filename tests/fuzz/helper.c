/* Packets and records between web processes and their helpers. */
#include "web/helper_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_from(data, size);
	struct helper_request r;
	struct login_answer l;
	struct link_answer k;
	struct preview p;
	struct err e;

	helper_get_request(s, &r);
	helper_get_login(s, &l);
	helper_get_link(s, &k);
	helper_get_error(s, &e);
	if (preview_get(s, a, &p)) {
		struct buf b = { .arena = a };

		preview_put(&b, &p);
		if (!preview_get(buf_bytes(&b), a, &p))
			__builtin_trap();
	}
	arena_free(&a);
	return 0;
}
