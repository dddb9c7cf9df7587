/* A wiring file: what is read can be written, and reads the same again. */
#include "conf/wiring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct buf first = { .arena = a }, second = { .arena = a };
	struct wiring w, again;
	struct err e = { 0 };

	if (wiring_parse("w.lua", span_from(data, size), a, &w, &e) < 0) {
		if (e.class == ERR_NONE || e.text[0] == 0)
			__builtin_trap();
	} else if (w.name) {
		/* Not the empty table: it is no file anybody writes. */
		wiring_write(&w, &first);
		if (wiring_parse("w.lua", buf_bytes(&first), a, &again, &e) < 0)
			__builtin_trap();
		wiring_write(&again, &second);
		if (!span_eq(buf_bytes(&first), buf_bytes(&second)))
			__builtin_trap();
	}
	arena_free(&a);
	return 0;
}
