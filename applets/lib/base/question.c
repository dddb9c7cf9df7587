#include "base/question.h"

#include "base/wire.h"

/* "pmQ1" and "pmA1", little-endian. */
#define MAGIC_REQUEST UINT32_C(0x31516d70)
#define MAGIC_ANSWER UINT32_C(0x31416d70)

/*
 * Longer than any name there is (RFC 1035 section 2.3.4: 255), so that what
 * was cut here stays no name and cannot become another one.
 */
enum { NAME_MAX_BYTES = 1024, TEXT_MAX_BYTES = 1024 };

void question_put_request(struct buf *b, uint32_t id,
	const struct question *q)
{
	wire_put_u32(b, MAGIC_REQUEST);
	wire_put_u32(b, id);
	wire_put_u8(b, (uint8_t)q->kind);
	wire_put_u16(b, q->type);
	wire_put_span(b, span_sub(q->name, 0, NAME_MAX_BYTES));
	wire_put_u8(b, q->zone);
	wire_put_span(b, span_sub(q->clean, 0, NAME_MAX_BYTES));
	wire_put_u16(b, q->patience_ms);
}

bool question_get_request(struct span record, uint32_t *id_r,
	struct question *q_r)
{
	struct wire w = wire_open(record);
	bool known = wire_u32(&w) == MAGIC_REQUEST;
	uint32_t id = wire_u32(&w);
	uint8_t kind = wire_u8(&w);

	*q_r = (struct question){ .type = wire_u16(&w) };
	q_r->name = wire_span(&w);
	q_r->zone = wire_u8(&w);
	q_r->clean = wire_span(&w);
	q_r->patience_ms = wire_u16(&w);
	if (!wire_done(&w) || !known || kind >= ASK_KINDS ||
	    q_r->name.n > NAME_MAX_BYTES || q_r->clean.n > NAME_MAX_BYTES ||
	    (q_r->zone && q_r->zone >= q_r->name.n))
		return false;
	q_r->kind = (enum ask_kind)kind;
	*id_r = id;
	return true;
}

/* How many records fit one datagram behind what is in it already. */
static size_t count_fitting(const struct question *q, size_t used)
{
	size_t n = 0;

	used += sizeof(uint32_t);
	while (n < q->nrecords && n < ASK_RECORDS_MAX) {
		size_t left = ASK_DATAGRAM_MAX - used;

		if (q->records[n].n + sizeof(uint32_t) > left)
			break;
		used += q->records[n++].n + sizeof(uint32_t);
	}
	return n;
}

void question_put_answer(struct buf *b, uint32_t id,
	const struct question *q)
{
	struct span text = span_sub(q->text, 0, TEXT_MAX_BYTES);
	size_t n = count_fitting(q, 4 + 4 + 1 + 4 + text.n);
	enum ask_state state = q->state;

	/* None of several fits: what is known cannot be told, and "no
	   records" would be a lie. */
	if (n == 0 && q->nrecords > 0) {
		state = ASK_LATER;
		text = SPAN("answer too large");
	}
	wire_put_u32(b, MAGIC_ANSWER);
	wire_put_u32(b, id);
	wire_put_u8(b, (uint8_t)state);
	wire_put_span(b, text);
	wire_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_span(b, q->records[i]);
}

bool question_get_answer(struct span record, struct arena *a,
	uint32_t *id_r, struct question *q_r)
{
	struct wire w = wire_open(record);
	bool known = wire_u32(&w) == MAGIC_ANSWER;
	uint32_t id = wire_u32(&w), n;
	uint8_t state = wire_u8(&w);
	struct span text = wire_span(&w), *records;

	n = wire_count(&w, sizeof(uint32_t));
	if (!known || w.bad || n > ASK_RECORDS_MAX || state == ASK_PENDING ||
	    state > ASK_OFF || text.n > TEXT_MAX_BYTES)
		return false;
	records = arena_array(a, n + 1, sizeof(*records));
	for (uint32_t i = 0; i < n; i++)
		records[i] = arena_span(a, wire_span(&w));
	if (!wire_done(&w))
		return false;
	q_r->state = (enum ask_state)state;
	q_r->text = arena_span(a, text);
	q_r->records = records;
	q_r->nrecords = n;
	*id_r = id;
	return true;
}
