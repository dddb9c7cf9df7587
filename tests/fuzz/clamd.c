/* What clamd says: only its one sentence is clean. */
#include "net/clamd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span reply = span_from(data, size);
	struct clamd_answer a = { 0 };

	clamd_parse_reply(reply, &a);
	if ((a.state == CLAMD_CLEAN) !=
	    span_eq(reply, span_from("stream: OK", 11)))
		__builtin_trap();
	if (a.state != CLAMD_CLEAN && a.text[0] == 0)
		__builtin_trap();
	for (const char *p = a.text; *p; p++)
		if (*p < ' ' || *p > '~')
			__builtin_trap();
	return 0;
}
