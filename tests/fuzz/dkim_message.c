/*
 * A message and the key that the DNS gives for all its signatures: the input
 * is the key record, a NUL, the message.
 */

#include "../unit/dkim_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span message = span_from(data, size), key;
	struct lookup *l = lookup_new(a, 16);
	struct dkim_answer answer;
	struct question *q;
	struct header h;

	if (span_cut(&message, 0, &key)) {
		header_parse(message, &mail_default_limits, a, &h);
		dkim_check(l, message, &h, 1600000000, a, &answer);
		while ((q = lookup_fresh(l))) {
			struct span rdata = zone_rdata(a, key);

			q->records = arena_array(a, 1, sizeof(rdata));
			q->records[0] = rdata;
			q->nrecords = 1;
			q->state = ASK_YES;
		}
		dkim_check(l, message, &h, 1600000000, a, &answer);
		if (answer.result == AUTH_WAIT ||
		    answer.n > DKIM_SIGNATURES_MAX)
			__builtin_trap();
	}
	arena_free(&a);
	return 0;
}
