/* Tickets of links and answers; what is taken is what was made. */
#include "crypto/keyfile.h"
#include "crypto/ticket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char path[] = "/tmp/pm-fuzz-link.key";
	static struct ticket_keys *keys;
	struct arena *a = arena_new("fuzz", 1 << 24);
	struct buf text = { .arena = a };
	struct ticket t;
	struct err e;

	if (keys == NULL && (keyfile_make(path, &e) < 0 ||
	    (keys = ticket_load(path, &e)) == NULL))
		__builtin_trap();
	for (int p = TICKET_LINK; p <= TICKET_REPLY; p++)
		if (ticket_read(keys, span_from(data, size),
		    (enum ticket_purpose)p, SPAN("a@example.org"), 0, a, &t) ==
		    TICKET_GOOD) {
			ticket_put(keys, &t, &text);
			if (!span_eq(buf_bytes(&text), span_from(data, size)))
				__builtin_trap();
			text.n = 0;
		}
	arena_free(&a);
	return 0;
}
