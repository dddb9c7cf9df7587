/* What a scanner that was taken over says to front: a reply in parts, and
 * the answer of a stage. The file is an applet's, so it is taken in here. */
#include "../../applets/filter/hop.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ID = 7 };

/* Class, subject and detail of RFC 3463, as libmilter wants them. */
static void check_code(struct span code)
{
	struct span part;
	int n = 0;

	if (code.n == 0)
		return;
	for (; span_cut(&code, '.', &part); n++)
		if (!span_u64(part, 999, &(uint64_t){ 0 }) || part.n > 3)
			__builtin_trap();
	if (n != 3)
		__builtin_trap();
}

static void take_answer(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };
	struct stage_answer answer;

	if (!hop_get_answer(s, &answer))
		return;
	hop_put_answer(&b, &answer);
	/* Any byte but 0 means failed. */
	s = span_after(s, 2);
	if (!span_eq(span_after(buf_bytes(&b), 2), s))
		__builtin_trap();
	if (answer.action != ACTION_DELIVER &&
	    answer.action != ACTION_DISCARD)
		check_code(answer.code);
}

/* Datagrams, each behind a byte that is its length. */
static void take_reply(struct span s, struct arena *a)
{
	struct hop_reply r = { .id = ID, .bytes = { .arena = a } };
	size_t given = 0;
	int state = 0;

	while (state == 0 && s.n) {
		struct span datagram = span_sub(s, 1, (size_t)s.p[0]);

		state = hop_reply_take(&r, datagram);
		given += datagram.n;
		s = span_after(s, 1 + datagram.n);
	}
	if (r.bytes.n > given || r.total > HOP_REPLY_MAX ||
	    r.bytes.n > r.total || (state == 1 && r.bytes.n != r.total))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);

	take_answer(span_from(data, size), a);
	take_reply(span_from(data, size), a);
	arena_free(&a);
	return 0;
}
