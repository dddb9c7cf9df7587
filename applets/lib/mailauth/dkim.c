#include "mailauth/dkim.h"

#include "mailauth/dkim_field.h"
#include "mailauth/dkim_run.h"

/* Better results first: one good signature is enough (section 6.1). */
static enum auth_result best(const struct dkim_answer *answer)
{
	static const enum auth_result order[] = { AUTH_PASS, AUTH_TEMPERROR,
		AUTH_FAIL, AUTH_POLICY, AUTH_PERMERROR };

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < answer->n; i++)
			if (answer->signatures[i].result == order[k])
				return order[k];
	return AUTH_NONE;
}

/* Takes the signatures from the top; those past the most are counted. */
static void read_signatures(const struct header *h, uint64_t now,
	struct arena *a, struct dkim_field *fields,
	struct dkim_answer *answer)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct header_field *f = &h->fields[i];

		if (!span_caseeq(f->name, SPAN("DKIM-Signature")))
			continue;
		if (answer->n == DKIM_SIGNATURES_MAX) {
			answer->more++;
			continue;
		}
		dkim_field_read(f, DKIM_SIGNATURE, now, a,
			&fields[answer->n], &answer->signatures[answer->n]);
		/* Fields past the limit may be signed: nobody knows. */
		if (h->flags & MAIL_OVER_HEADERS)
			dkim_settle(&answer->signatures[answer->n], AUTH_POLICY,
				"the header is over the limits");
		answer->n++;
	}
}

void dkim_check(struct lookup *l, struct span message, const struct header *h,
	uint64_t now, struct arena *a, struct dkim_answer *answer_r)
{
	const struct question *keys[DKIM_SIGNATURES_MAX] = { NULL };
	struct dkim_field *fields = arena_array(a, DKIM_SIGNATURES_MAX,
		sizeof(*fields));
	struct dkim_run *r = dkim_run_new(message, h, a);
	bool pending = false;

	*answer_r = (struct dkim_answer){ .signatures = arena_array(a,
		DKIM_SIGNATURES_MAX, sizeof(*answer_r->signatures)) };
	read_signatures(h, now, a, fields, answer_r);
	for (size_t i = 0; i < answer_r->n; i++) {
		if (answer_r->signatures[i].result != AUTH_WAIT)
			continue;
		keys[i] = dkim_run_ask(l, a, &answer_r->signatures[i]);
		pending = pending || keys[i]->state == ASK_PENDING;
	}
	answer_r->result = AUTH_WAIT;
	if (pending)
		return;
	for (size_t i = 0; i < answer_r->n; i++)
		if (keys[i])
			dkim_run_judge(r, &fields[i], keys[i],
				&answer_r->signatures[i]);
	answer_r->result = best(answer_r);
}
