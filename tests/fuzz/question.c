/* A question's request and answer: what is read is written again the same. */
#include "base/question.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_from(data, size);
	struct buf request = { .arena = a }, answer = { .arena = a };
	struct question q = { 0 };
	uint32_t id;

	if (question_get_request(s, &id, &q)) {
		question_put_request(&request, id, &q);
		if (!span_eq(buf_bytes(&request), s))
			__builtin_trap();
	}
	if (question_get_answer(s, a, &id, &q)) {
		question_put_answer(&answer, id, &q);
		if (!span_eq(buf_bytes(&answer), s) ||
		    q.nrecords > ASK_RECORDS_MAX)
			__builtin_trap();
	}
	arena_free(&a);
	return 0;
}
