#include "store/message.h"

#include "base/wire.h"

enum {
	MESSAGE_MAGIC = 0x314d6d70,	/* "pmM1" */
	GROUP_LEAST = 1 + 4 * 4,
};

/* Texts of a record, in the order of the file. */
#define TEXTS(X) X(appliance) X(relay_addr) X(relay_name) X(helo) \
	X(mail_from) X(queue_id) X(subject) X(header_from) X(message_id) \
	X(why) X(facts)

const char *outcome_name(enum outcome o)
{
	static const char *const names[OUTCOME_N] = {
		"delivered", "tagged", "redirected", "discarded", "delayed",
		"quarantined", "rejected", "deferred"
	};

	return o >= 0 && o < OUTCOME_N ? names[o] : "unknown";
}

static void put_group(struct buf *b, const struct message_group *g)
{
	wire_put_u8(b, (uint8_t)g->outcome);
	wire_put_span(b, g->reason);
	wire_put_span(b, g->reply);
	wire_put_span(b, g->trace);
	wire_put_u32(b, (uint32_t)g->nrcpts);
	for (size_t i = 0; i < g->nrcpts; i++)
		wire_put_u32(b, g->rcpts[i]);
}

void message_put(struct buf *b, const struct message_record *r)
{
	wire_put_u32(b, MESSAGE_MAGIC);
	wire_put_span(b, span_of(r->id.text));
	wire_put_u64(b, (uint64_t)r->received_ms);
	wire_put_u64(b, r->size);
	wire_put_u32(b, (uint32_t)r->score);
	wire_put_u8(b, r->probability);
	wire_put_u32(b, r->took_ms);
#define X(name) wire_put_span(b, r->name);
	TEXTS(X)
#undef X
	wire_put_u32(b, (uint32_t)r->nrcpts);
	for (size_t i = 0; i < r->nrcpts; i++)
		wire_put_span(b, r->rcpts[i]);
	wire_put_u32(b, (uint32_t)r->ngroups);
	for (size_t i = 0; i < r->ngroups; i++)
		put_group(b, &r->groups[i]);
}

/* What the groups of a record have claimed so far. */
struct claim {
	bool *taken;
	size_t left;
};

static void get_group(struct wire *w, struct arena *a, size_t nrcpts,
	struct claim *claim, struct message_group *g)
{
	uint8_t outcome = wire_u8(w);

	w->bad |= outcome >= OUTCOME_N;
	g->outcome = (enum outcome)outcome;
	g->reason = wire_span(w);
	g->reply = wire_span(w);
	g->trace = wire_span(w);
	g->nrcpts = wire_count(w, 4);
	g->rcpts = arena_array(a, g->nrcpts, sizeof(*g->rcpts));
	for (size_t i = 0; i < g->nrcpts; i++) {
		uint32_t n = wire_u32(w);

		if (n >= nrcpts || claim->taken[n] ||
		    (i && n < g->rcpts[i - 1])) {
			w->bad = true;
			return;
		}
		claim->taken[n] = true;
		claim->left--;
		g->rcpts[i] = n;
	}
}

/* False: somebody is in no group, in two, or is none of the envelope's. */
static bool get_people(struct wire *w, struct arena *a,
	struct message_record *r)
{
	struct claim claim;

	r->nrcpts = wire_count(w, 4);
	r->rcpts = arena_array(a, r->nrcpts, sizeof(*r->rcpts));
	for (size_t i = 0; i < r->nrcpts; i++)
		r->rcpts[i] = wire_span(w);
	r->ngroups = wire_count(w, GROUP_LEAST);
	r->groups = arena_array(a, r->ngroups, sizeof(*r->groups));
	claim.taken = arena_array(a, r->nrcpts, sizeof(*claim.taken));
	claim.left = r->nrcpts;
	for (size_t i = 0; i < r->ngroups && !w->bad; i++)
		get_group(w, a, r->nrcpts, &claim, &r->groups[i]);
	return claim.left == 0;
}

bool message_get(struct span record, struct arena *a,
	struct message_record *r_r)
{
	struct wire w = wire_open(record);
	struct message_record *r = r_r;

	*r = (struct message_record){ 0 };
	if (wire_u32(&w) != MESSAGE_MAGIC || !id_parse(wire_span(&w), &r->id))
		return false;
	r->received_ms = (int64_t)wire_u64(&w);
	r->size = wire_u64(&w);
	r->score = (int32_t)wire_u32(&w);
	r->probability = wire_u8(&w);
	r->took_ms = wire_u32(&w);
#define X(name) r->name = wire_span(&w);
	TEXTS(X)
#undef X
	return get_people(&w, a, r) && wire_done(&w) && r->probability <= 100;
}

enum outcome message_outcome(const struct message_record *r)
{
	enum outcome worst = OUTCOME_DELIVERED;

	for (size_t i = 0; i < r->ngroups; i++)
		if (r->groups[i].outcome > worst)
			worst = r->groups[i].outcome;
	return worst;
}

/* Skips the digits of "FILE.lua:12: what". */
static bool skip_number(struct span *s)
{
	size_t n = 0;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	*s = span_after(*s, n);
	return n > 0 && span_starts(*s, SPAN(": "));
}

/*
 * The first place of the line counts: what comes behind it was said by a rule,
 * which may repeat words of a message.
 */
bool message_breaks(struct span line, struct span *rule_r)
{
	size_t at = span_find(line, SPAN(".lua:"));
	struct span before = span_sub(line, 0, at == SIZE_MAX ? 0 : at);
	struct span rest = span_after(line, before.n + 5);
	size_t blank = span_rchr(before, ' ');

	if (at == SIZE_MAX || blank == SIZE_MAX || !skip_number(&rest))
		return false;
	*rule_r = span_sub(before, 0, blank);
	return span_starts(span_after(rest, 2), SPAN(MESSAGE_BREAKS));
}
