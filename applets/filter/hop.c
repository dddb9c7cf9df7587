#include "hop.h"

#include <string.h>

#include "base/io.h"
#include "base/wire.h"

enum { ANSWER_TEXT_MAX = 400, ANSWER_REASON_MAX = 40, SLOT_ALIGN = 64 };

size_t hop_message_at(size_t env_bytes)
{
	return (env_bytes + SLOT_ALIGN - 1) & ~(size_t)(SLOT_ALIGN - 1);
}

int hop_reply(int fd, uint64_t id, bool retire, struct span bytes)
{
	unsigned char datagram[sizeof(struct hop_part) + HOP_PART_BYTES];
	struct hop_part head = { HOP_MAGIC, HOP_REPLY, id,
		(uint32_t)bytes.n, 0, retire, 0 };

	do {
		struct span part = span_sub(bytes, head.offset,
			HOP_PART_BYTES);

		memcpy(datagram, &head, sizeof(head));
		if (part.n)
			memcpy(datagram + sizeof(head), part.p, part.n);
		if (io_send(fd, span_from(datagram, sizeof(head) + part.n),
			NULL, 0) < 0)
			return -1;
		head.offset += (uint32_t)part.n;
	} while (head.offset < bytes.n);
	return 0;
}

int hop_reply_take(struct hop_reply *r, struct span datagram)
{
	struct span bytes = span_after(datagram, sizeof(struct hop_part));
	struct hop_part head;

	if (datagram.n < sizeof(head))
		return -1;
	memcpy(&head, datagram.p, sizeof(head));
	if (head.magic != HOP_MAGIC || head.kind != HOP_REPLY ||
	    head.id != r->id || head.offset != r->bytes.n ||
	    head.total > HOP_REPLY_MAX || bytes.n > head.total - head.offset)
		return -1;
	if (r->started && (head.total != r->total || bytes.n == 0))
		return -1;
	r->started = true;
	r->total = head.total;
	r->retire = head.retire != 0;
	buf_span(&r->bytes, bytes);
	return r->bytes.n == r->total;
}

void hop_put_answer(struct buf *b, const struct stage_answer *a)
{
	wire_put_u8(b, (uint8_t)a->action);
	wire_put_u8(b, a->failed);
	wire_put_span(b, a->code);
	wire_put_span(b, a->text);
	wire_put_span(b, a->reason);
	wire_put_span(b, a->rule);
}

/*
 * Empty, or RFC 3463: class "." subject "." detail, each of up to three
 * digits. libmilter refuses a whole reply for any other code.
 */
static bool good_code(struct span code, unsigned char class)
{
	struct span part;
	uint64_t number;
	size_t n = 0;

	if (code.n == 0)
		return true;
	if (code.n < 5 || code.p[0] != class || code.p[1] != '.' ||
	    code.p[code.n - 1] == '.')
		return false;
	for (; span_cut(&code, '.', &part); n++)
		if (part.n > 3 || !span_u64(part, 999, &number))
			return false;
	return n == 3;
}

static bool printable(struct span s, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return s.n <= max;
}

bool hop_get_answer(struct span record, struct stage_answer *a_r)
{
	struct wire w = wire_open(record);
	unsigned action = wire_u8(&w);

	*a_r = (struct stage_answer){ .action = (enum action)action };
	a_r->failed = wire_u8(&w) != 0;
	a_r->code = wire_span(&w);
	a_r->text = wire_span(&w);
	a_r->reason = wire_span(&w);
	a_r->rule = wire_span(&w);
	if (!wire_done(&w) || !printable(a_r->text, ANSWER_TEXT_MAX) ||
	    !printable(a_r->reason, ANSWER_REASON_MAX))
		return false;
	if (action == ACTION_REJECT)
		return good_code(a_r->code, '5');
	if (action == ACTION_TEMPFAIL)
		return good_code(a_r->code, '4');
	return action == ACTION_DELIVER || action == ACTION_DISCARD;
}
