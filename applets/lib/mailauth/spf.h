/*
 * SPF (RFC 7208): may this host send mail for this domain?
 *
 * Limits of section 4.6.4: ten terms that ask the DNS, two void look-ups,
 * ten names of an MX or PTR; beyond them permerror. exp= is evaluated for
 * our own log only.
 */
#ifndef MAILAUTH_SPF_H
#define MAILAUTH_SPF_H

#include "base/netaddr.h"
#include "mailauth/lookup.h"
#include "mailauth/result.h"

struct spf_query {
	struct netaddr ip;
	struct span helo;
	struct span mail_from;	/* empty: the HELO identity (section 2.4) */
	struct span receiver;	/* our name, for the macro r */
};

struct spf_answer {
	enum auth_result result;
	bool helo;		/* the HELO identity was checked */
	struct span domain;	/* that was checked */
	struct span mechanism;	/* the term that matched, or empty */
	struct span problem;	/* why it is an error, for people */
	struct span explanation; /* exp= of a fail, made printable; or empty */
	unsigned lookups, voids;
};

/* AUTH_WAIT in result: look up and call again. Spans are in the arena. */
void spf_check(struct lookup *l, const struct spf_query *q, struct arena *a,
	struct spf_answer *answer_r);

#endif
