/*
 * A message and the key that the DNS gives for all its ARC sets: the input is
 * the key record, a NUL, the message.
 */

#include "../unit/dkim_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(struct lookup *l, struct arena *a, struct span key)
{
	struct question *q;

	while ((q = lookup_fresh(l))) {
		struct span rdata = zone_rdata(a, key);

		q->records = arena_array(a, 1, sizeof(rdata));
		q->records[0] = rdata;
		q->nrecords = 1;
		q->state = ASK_YES;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span message = span_from(data, size), key;
	struct lookup *l = lookup_new(a, 128);
	struct arc_answer found;
	struct header h;

	if (span_cut(&message, 0, &key)) {
		header_parse(message, &mail_default_limits, a, &h);
		arc_check(l, message, &h, 1600000000, a, &found);
		answer(l, a, key);
		if (found.result == AUTH_WAIT)
			arc_check(l, message, &h, 1600000000, a, &found);
		if (found.result == AUTH_WAIT ||
		    found.highest > ARC_SETS_MAX ||
		    found.oldest_pass > found.highest ||
		    found.n != (found.result == AUTH_PASS ?
			    found.highest : 0))
			__builtin_trap();
	}
	arena_free(&a);
	return 0;
}
