#include "engine/auth_wire.h"

enum { SHOWN = 1024 };

static void put(struct buf *b, struct span s)
{
	wire_put_span(b, span_sub(s, 0, SHOWN));
}

static void put_signatures(struct buf *b, const struct dkim_answer *dkim)
{
	wire_put_u32(b, (uint32_t)dkim->n);
	for (size_t i = 0; i < dkim->n; i++) {
		const struct dkim_signature *s = &dkim->signatures[i];

		wire_put_u8(b, (uint8_t)s->result);
		wire_put_u32(b, s->flags);
		put(b, s->domain);
		put(b, s->selector);
	}
}

/* The author whose result stands for all. */
static void put_dmarc(struct buf *b, const struct dmarc_answer *dmarc)
{
	static const struct dmarc_author nobody;
	const struct dmarc_author *who = &nobody;

	for (size_t i = dmarc->n; i-- > 0;)
		if (dmarc->authors[i].result == dmarc->result)
			who = &dmarc->authors[i];
	wire_put_u8(b, (uint8_t)dmarc->result);
	wire_put_u8(b, (uint8_t)dmarc->policy);
	put(b, who->domain);
	put(b, who->problem);
	wire_put_u8(b, who->spf_aligned);
	wire_put_u8(b, who->dkim_aligned);
	wire_put_u8(b, who->psl_differs);
}

void auth_wire_put(struct buf *b, const struct auth *auth)
{
	static const struct auth nothing;

	if (auth == NULL)
		auth = &nothing;
	wire_put_u8(b, (uint8_t)auth->checked);
	put(b, auth->relay_text);
	wire_put_u8(b, (uint8_t)auth->spf.result);
	put(b, auth->spf.domain);
	put(b, auth->spf.problem);
	wire_put_u8(b, auth->spf.helo);
	wire_put_u8(b, (uint8_t)auth->dkim.result);
	put_signatures(b, &auth->dkim);
	put_dmarc(b, &auth->dmarc);
	wire_put_u8(b, (uint8_t)auth->arc.result);
	wire_put_u32(b, (uint32_t)auth->arc.n);
}

static enum auth_result get_result(struct wire *w)
{
	uint8_t r = wire_u8(w);

	return r < AUTH_WAIT ? (enum auth_result)r : AUTH_TEMPERROR;
}

static void get_signatures(struct wire *w, struct arena *a,
	struct auth_record *r)
{
	r->nsignatures = wire_count(w, 13);
	r->signatures = arena_array(a, r->nsignatures,
		sizeof(*r->signatures));
	for (size_t i = 0; i < r->nsignatures; i++) {
		struct signature_record *s = &r->signatures[i];

		s->result = get_result(w);
		s->flags = wire_u32(w);
		s->domain = wire_span(w);
		s->selector = wire_span(w);
	}
}

void auth_wire_get(struct wire *w, struct arena *a, struct auth_record *r)
{
	uint8_t policy;

	r->checked = wire_u8(w) & AUTH_ALL;
	r->relay = wire_span(w);
	r->spf = get_result(w);
	r->spf_domain = wire_span(w);
	r->spf_problem = wire_span(w);
	r->spf_helo = wire_u8(w);
	r->dkim = get_result(w);
	get_signatures(w, a, r);
	r->dmarc = get_result(w);
	policy = wire_u8(w);
	r->dmarc_policy = policy <= DMARC_REJECT ?
		(enum dmarc_policy)policy : DMARC_NO_POLICY;
	r->dmarc_domain = wire_span(w);
	r->dmarc_problem = wire_span(w);
	r->spf_aligned = wire_u8(w);
	r->dkim_aligned = wire_u8(w);
	r->psl_differs = wire_u8(w);
	r->arc = get_result(w);
	r->arc_sets = wire_u32(w);
}
