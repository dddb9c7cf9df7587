/*
 * Who sent it: what SPF, DKIM, DMARC and ARC say against a message. Weight 0
 * until it has been measured.
 */
#include "engine/auth.h"
#include "engine/check.h"

static void spf_hits(struct facts *f, const struct spf_answer *s)
{
	if (s->result == AUTH_FAIL)
		facts_hit(f, "SPF_FAIL", 0, s->domain);
	else if (s->result == AUTH_SOFTFAIL)
		facts_hit(f, "SPF_SOFTFAIL", 0, s->domain);
	else if (s->result == AUTH_PERMERROR)
		facts_hit(f, "SPF_PERMERROR", 0, s->problem);
}

static void dkim_hits(struct facts *f, const struct dkim_answer *d)
{
	unsigned flags = 0;

	for (size_t i = 0; i < d->n; i++)
		flags |= d->signatures[i].flags;
	if (d->n && d->result != AUTH_PASS && d->result != AUTH_TEMPERROR)
		facts_hit(f, "DKIM_FAIL", 0, d->signatures[0].domain);
	if (flags & DKIM_WEAK_KEY)
		facts_hit(f, "DKIM_WEAK_KEY", 0, SPAN("RSA under 1024 bits"));
	if (flags & DKIM_PARTIAL)
		facts_hit(f, "DKIM_PARTIAL", 0,
			SPAN("an end of the body is not signed"));
	if (flags & DKIM_SECOND_FROM)
		facts_hit(f, "DKIM_SECOND_FROM", 0,
			SPAN("more From fields than are signed"));
}

/* The author that a result stands for. */
static struct span author_with(const struct dmarc_answer *d,
	enum auth_result result)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->authors[i].result == result)
			return d->authors[i].domain;
	return SPAN("");
}

static void dmarc_hits(struct facts *f, const struct dmarc_answer *d)
{
	if (d->result == AUTH_FAIL)
		facts_hit(f, d->policy == DMARC_REJECT ? "DMARC_REJECT" :
			d->policy == DMARC_QUARANTINE ? "DMARC_QUARANTINE" :
			"DMARC_FAIL", 0, author_with(d, AUTH_FAIL));
	for (size_t i = 0; i < d->n; i++) {
		if (!d->authors[i].psl_differs)
			continue;
		facts_hit(f, "DMARC_PSL_DIFFERS", 0, d->authors[i].domain);
		break;
	}
}

static enum check_state auth_run(struct facts *f)
{
	const struct auth *who = f->auth;
	size_t before = f->nhits;

	if (who == NULL)
		return CHECK_NO;
	spf_hits(f, &who->spf);
	dkim_hits(f, &who->dkim);
	dmarc_hits(f, &who->dmarc);
	if (who->arc.result == AUTH_FAIL)
		facts_hit(f, "ARC_FAIL", 0, who->arc.problem);
	if (who->spf.result == AUTH_TEMPERROR ||
	    who->dkim.result == AUTH_TEMPERROR ||
	    who->dmarc.result == AUTH_TEMPERROR ||
	    who->arc.result == AUTH_TEMPERROR)
		return CHECK_LATER;
	return f->nhits > before ? CHECK_HIT : CHECK_NO;
}

const struct check auth_check = {
	.name = "auth",
	.stage = CHECK_ANSWERED,
	.run = auth_run,
};
