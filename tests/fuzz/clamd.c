/* What clamd says: only its one sentence is clean. */
#include "net/clamd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "stream: OK", or "fd[9]: OK" where a descriptor was passed. */
static bool says_clean(struct span reply)
{
	struct span number = span_sub(reply, 3, reply.n - 9);
	uint64_t n;

	return span_eq(reply, span_from("stream: OK", 11)) ||
		(reply.n > 9 && span_starts(reply, SPAN("fd[")) &&
		 span_ends(reply, span_from("]: OK", 6)) &&
		 span_u64(number, INT32_MAX, &n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span reply = span_from(data, size);
	struct virus_answer a = { 0 };

	clamd_parse_reply(reply, &a);
	if (a.says == VIRUS_SAYS_CLEAN ? !says_clean(reply) :
	    span_eq(reply, span_from("stream: OK", 11)))
		__builtin_trap();
	if (a.says != VIRUS_SAYS_CLEAN && a.text[0] == 0)
		__builtin_trap();
	for (const char *p = a.text; *p; p++)
		if (*p < ' ' || *p > '~')
			__builtin_trap();
	return 0;
}
