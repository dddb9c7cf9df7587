/*
 * DKIM signatures that were good when a message came and that a plan's edits
 * break: the rules that did it say so in the trace.
 */
#include "engine/policy_plan.h"

#include "mailauth/dkim_edit.h"
#include "engine/signing.h"

/* A message before and after a group's edits. */
struct edited {
	struct dkim_bytes before, after;
	struct header header;
	bool same_body;
};

static void edit(const struct facts *f, const struct group *g,
	struct arena *a, struct edited *e_r)
{
	const struct header *h = &f->mime.root->header;

	e_r->same_body = !g->new_body;
	e_r->before = (struct dkim_bytes){ f->raw, h };
	e_r->after.message = signing_edited(g, f->raw,
		g->new_body ? f->raw.n : h->size, a);
	header_parse(e_r->after.message, &mail_default_limits, a,
		&e_r->header);
	e_r->after.h = &e_r->header;
}

/*
 * Notes the breakage with a rule, once a domain. Before what the rule said:
 * there no text of a message can stand, so counting it is safe.
 */
static void blame(struct group *g, uint32_t rule, struct span domain,
	struct arena *a)
{
	struct span *said = &g->trace[rule].said;
	struct buf note = { .arena = a }, b = { .arena = a };

	buf_printf(&note, TRACE_BREAKS "%.*s)", SPAN_FMT(domain));
	if (span_find(*said, buf_bytes(&note)) != SIZE_MAX)
		return;
	buf_span(&b, buf_bytes(&note));
	if (said->n)
		buf_string(&b, "; ");
	buf_span(&b, *said);
	*said = buf_bytes(&b);
}

/* The rules that changed what the signature is over. */
static void blame_rules(const struct plan *p, struct group *g,
	struct span names, struct span domain, struct arena *a)
{
	for (size_t i = 0; i < p->nsteps; i++)
		if (dkim_names_have(names, p->steps[i].name) ||
		    (p->steps[i].kind == PLAN_PREFIX_SUBJECT &&
		     dkim_names_have(names, SPAN("Subject"))) ||
		    span_caseeq(p->steps[i].name, SPAN("DKIM-Signature")))
			blame(g, p->steps[i].rule, domain, a);
	for (size_t i = 0; i < p->nbodily; i++)
		blame(g, p->bodily[i], domain, a);
}

void policy_note_breaks(const struct plan *p, struct facts *f,
	struct group *g)
{
	uint64_t now = (uint64_t)f->env->received_ms / 1000;
	const struct dkim_answer *d = f->auth ? &f->auth->dkim : NULL;
	struct edited e;
	struct span names;

	if (d == NULL || d->result != AUTH_PASS || g->nsplices == 0)
		return;
	edit(f, g, f->arena, &e);
	for (size_t i = 0; i < d->n; i++) {
		const struct dkim_signature *s = &d->signatures[i];

		if (s->result != AUTH_PASS ||
		    dkim_outlives(&e.before, &e.after, e.same_body, i, now,
			    f->arena, &names))
			continue;
		if (f->breaks_dkim.n == 0)
			f->breaks_dkim = s->domain;
		blame_rules(p, g, names, s->domain, f->arena);
	}
}
