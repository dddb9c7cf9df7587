/*
 * Who sent it, for the rules: SPF, DKIM, DMARC, ARC (engine/auth.h).
 */
#include "engine/policy_view.h"

#include "mail/domain.h"

#define VIEW(name) static struct script_value name(void *self)
#define FACTS (((struct policy_host *)self)->run.facts)

static const struct auth nothing;

/* What was checked; without that every result is "none". */
static const struct auth *auth_of(void *self)
{
	const struct facts *f = FACTS;

	return f->auth ? f->auth : &nothing;
}

static struct script_value result_text(enum auth_result r)
{
	return policy_text(span_of(auth_result_name(r)));
}

/* --- SPF ----------------------------------------------------------------- */

#define SPF (&auth_of(self)->spf)

/* The author's domain for which DMARC has judged first; NULL. */
static const struct dmarc_author *first_author(void *self)
{
	const struct dmarc_answer *d = &auth_of(self)->dmarc;

	return d->n ? &d->authors[0] : NULL;
}

VIEW(spf_result) { return result_text(SPF->result); }
VIEW(spf_domain) { return policy_text(SPF->domain); }
VIEW(spf_helo) { return policy_bool(SPF->helo); }
VIEW(spf_problem) { return policy_text(SPF->problem); }

VIEW(spf_aligned)
{
	const struct dmarc_author *author = first_author(self);

	return policy_bool(author && author->spf_aligned);
}

#define RESULT_DOC "\"pass\", \"fail\", \"temperror\", \"permerror\", " \
	"or \"none\" without one or when it was not checked"

const struct script_class policy_spf_class = {
	.name = "spf",
	.fields = (const struct script_field[]){
		{ "result", spf_result, RESULT_DOC "; also \"softfail\", "
			"\"neutral\": text\n"
			"if m.auth.spf.result == \"fail\" then "
			"return quarantine(\"Suspect\") end" },
		{ "domain", spf_domain, "whose record it was: text" },
		{ "helo", spf_helo, "was HELO checked, because the envelope "
			"sender is empty: boolean" },
		{ "aligned", spf_aligned, "did it pass for the domain of "
			"From: boolean" },
		{ "problem", spf_problem,
			"why it is an error, or empty: text" },
		{ 0 },
	},
};

/* --- DKIM ---------------------------------------------------------------- */

#define DKIM (&auth_of(self)->dkim)

/* A signature, beside the author it may speak for. */
struct signature {
	const struct dkim_signature *s;
	const struct facts *facts;
};

#define SIGNATURE (((const struct signature *)self)->s)
VIEW(signature_result) { return result_text(SIGNATURE->result); }
VIEW(signature_domain) { return policy_text(SIGNATURE->domain); }
VIEW(signature_selector) { return policy_text(SIGNATURE->selector); }
VIEW(signature_identity) { return policy_text(SIGNATURE->identity); }
VIEW(signature_algorithm) { return policy_text(SIGNATURE->algorithm); }
VIEW(signature_problem) { return policy_text(SIGNATURE->problem); }

/* Relaxed: the same organisation. */
VIEW(signature_aligned)
{
	const struct facts *f = ((const struct signature *)self)->facts;
	struct span author, theirs = SIGNATURE->domain;

	if (SIGNATURE->result != AUTH_PASS ||
	    !domain_ascii(f->from.domain, f->arena, &author))
		return policy_bool(false);
	if (span_caseeq(author, theirs))
		return policy_bool(true);
	author = domain_organisation(author);
	theirs = domain_organisation(theirs);
	return policy_bool(author.n && span_caseeq(author, theirs));
}

const struct script_class policy_signature_class = {
	.name = "signature",
	.fields = (const struct script_field[]){
		{ "result", signature_result, RESULT_DOC
			"; also \"policy\": not accepted: text" },
		{ "domain", signature_domain, "who signed, d=: text" },
		{ "selector", signature_selector, "of the key, s=: text" },
		{ "identity", signature_identity, "i=: text" },
		{ "algorithm", signature_algorithm,
			"\"rsa-sha256\": text" },
		{ "aligned", signature_aligned, "did it pass, for the "
			"organisation of From: boolean" },
		{ "problem", signature_problem,
			"why it is no pass, or empty: text" },
		{ 0 },
	},
};

VIEW(dkim_result) { return result_text(DKIM->result); }

/* Of the first signature that has the best result. */
VIEW(dkim_domain)
{
	const struct dkim_answer *d = DKIM;

	for (size_t i = 0; i < d->n; i++)
		if (d->signatures[i].result == d->result)
			return policy_text(d->signatures[i].domain);
	return policy_text(SPAN(""));
}

VIEW(dkim_aligned)
{
	const struct dmarc_author *author = first_author(self);

	return policy_bool(author && author->dkim_aligned);
}

VIEW(dkim_signatures)
{
	const struct dkim_answer *d = DKIM;
	struct script_value list, *v = policy_list_begin(self, SEEN_DKIM,
		d->n, &list);
	struct signature *all;

	if (v == NULL)
		return list;
	all = arena_array(FACTS->arena, d->n, sizeof(*all));
	for (size_t i = 0; i < d->n; i++) {
		all[i] = (struct signature){ &d->signatures[i], FACTS };
		v[i] = policy_object(&policy_signature_class, &all[i]);
	}
	return policy_list_end(self, SEEN_DKIM, v, d->n);
}

const struct script_class policy_dkim_class = {
	.name = "dkim",
	.fields = (const struct script_field[]){
		{ "result", dkim_result, "the best of all signatures: "
			RESULT_DOC ": text\n"
			"if m.auth.dkim.result == \"none\" then return end" },
		{ "domain", dkim_domain,
			"who made the signature of that result: text" },
		{ "aligned", dkim_aligned, "did one pass for the domain of "
			"From: boolean" },
		{ "signatures", dkim_signatures,
			"from the top: list of signatures\n"
			"for _, s in ipairs(m.auth.dkim.signatures) do "
			"plan:mark(\"signed\", s.domain) end" },
		{ 0 },
	},
};

/* --- DMARC --------------------------------------------------------------- */

#define DMARC (&auth_of(self)->dmarc)

/* The author whose result the answer is. */
static const struct dmarc_author *judged_author(void *self)
{
	const struct dmarc_answer *d = DMARC;

	for (size_t i = 0; i < d->n; i++)
		if (d->authors[i].result == d->result &&
		    d->authors[i].policy == d->policy)
			return &d->authors[i];
	return first_author(self);
}

VIEW(dmarc_result) { return result_text(DMARC->result); }

VIEW(dmarc_policy)
{
	return policy_text(span_of(dmarc_policy_name(DMARC->policy)));
}

VIEW(dmarc_domain)
{
	const struct dmarc_author *author = judged_author(self);

	return policy_text(author ? author->domain : SPAN(""));
}

VIEW(dmarc_organisation)
{
	const struct dmarc_author *author = judged_author(self);

	return policy_text(author ? author->organisation : SPAN(""));
}

VIEW(dmarc_aligned)
{
	const struct dmarc_author *author = judged_author(self);

	return policy_bool(author && (author->spf_aligned ||
				      author->dkim_aligned));
}

VIEW(dmarc_problem)
{
	const struct dmarc_author *author = judged_author(self);

	return policy_text(author ? author->problem : SPAN(""));
}

const struct script_class policy_dmarc_class = {
	.name = "dmarc",
	.fields = (const struct script_field[]){
		{ "result", dmarc_result, RESULT_DOC ": text\n"
			"local d = m.auth.dmarc\n"
			"if d.result == \"fail\" and d.policy == \"reject\" "
			"then return reject(\"5.7.1\", \"forged\") end" },
		{ "policy", dmarc_policy, "what the domain of From asks for "
			"on a fail: \"none\", \"quarantine\", \"reject\", or "
			"empty without a record: text" },
		{ "domain", dmarc_domain,
			"of From, that the result is of: text" },
		{ "organisation", dmarc_organisation,
			"the organisation of that domain, or empty: text" },
		{ "aligned", dmarc_aligned,
			"did SPF or DKIM pass for it: boolean" },
		{ "problem", dmarc_problem,
			"why it is an error, or empty: text" },
		{ 0 },
	},
};

/* --- ARC ----------------------------------------------------------------- */

#define ARC (&auth_of(self)->arc)
VIEW(arc_result) { return result_text(ARC->result); }
VIEW(arc_problem) { return policy_text(ARC->problem); }

VIEW(arc_domain)
{
	const struct arc_answer *arc = ARC;

	return policy_text(arc->n ? arc->sets[arc->n - 1].domain : SPAN(""));
}

VIEW(arc_sealers)
{
	const struct arc_answer *arc = ARC;
	struct script_value list, *v = policy_list_begin(self, SEEN_SEALERS,
		arc->n, &list);

	for (size_t i = 0; v && i < arc->n; i++)
		v[i] = policy_text(arc->sets[i].domain);
	return v ? policy_list_end(self, SEEN_SEALERS, v, arc->n) : list;
}

const struct script_class policy_arc_class = {
	.name = "arc",
	.fields = (const struct script_field[]){
		{ "result", arc_result, RESULT_DOC ": text\n"
			"local arc = m.auth.arc\n"
			"if arc.result == \"pass\" and arc.domain == "
			"\"l.example\" then return deliver() end" },
		{ "domain", arc_domain,
			"who sealed last, or empty: text" },
		{ "sealers", arc_sealers,
			"everyone who sealed, the first first: list of texts" },
		{ "problem", arc_problem,
			"why it is no pass, or empty: text" },
		{ 0 },
	},
};

/* --- all together -------------------------------------------------------- */

VIEW(auth_spf) { return policy_object(&policy_spf_class, self); }
VIEW(auth_dkim) { return policy_object(&policy_dkim_class, self); }
VIEW(auth_dmarc) { return policy_object(&policy_dmarc_class, self); }
VIEW(auth_arc) { return policy_object(&policy_arc_class, self); }
VIEW(auth_relay) { return policy_text(auth_of(self)->relay_text); }

const struct script_class policy_auth_class = {
	.name = "auth",
	.fields = (const struct script_field[]){
		{ "spf", auth_spf, "may the host send for the envelope "
			"sender's domain: spf" },
		{ "dkim", auth_dkim, "the signatures: dkim" },
		{ "dmarc", auth_dmarc, "may anybody speak for the domain of "
			"From: dmarc" },
		{ "arc", auth_arc,
			"what earlier hosts found and vouch for: arc" },
		{ "relay", auth_relay, "the first host on the way that is "
			"none of ours, or empty for our own mail: text" },
		{ 0 },
	},
};

struct script_value policy_get_auth(void *self)
{
	return policy_object(&policy_auth_class, self);
}
