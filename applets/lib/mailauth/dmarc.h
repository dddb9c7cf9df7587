/*
 * DMARC: may somebody speak for the domain in From? The tree walk of RFC
 * 7489's successor (draft-ietf-dmarc-dmarcbis section 4.10) decides; the
 * organisational domain of the public suffix list (RFC 7489 section 3.2) is
 * given beside it, and where the two would have judged differently is said.
 *
 * A passing DKIM signature counts when its result is AUTH_PASS and it is not
 * DKIM_PARTIAL; SPF counts for its MAIL FROM or HELO domain on AUTH_PASS.
 */
#ifndef MAILAUTH_DMARC_H
#define MAILAUTH_DMARC_H

#include "mail/address.h"
#include "mailauth/dkim.h"
#include "mailauth/spf.h"

enum { DMARC_WALK_MAX = 8, DMARC_AUTHORS_MAX = 8 };

enum dmarc_policy { DMARC_NO_POLICY, DMARC_NONE, DMARC_QUARANTINE,
	DMARC_REJECT };

/* "none", "quarantine", "reject"; "" without one. */
const char *dmarc_policy_name(enum dmarc_policy p);

/* One author's domain. Spans are in the arena. */
struct dmarc_author {
	enum auth_result result;	/* none, pass, fail, temperror,
					   permerror */
	struct span domain;		/* of From, A-labels */
	struct span record_domain;	/* where the record was found */
	struct span organisation;	/* by the tree walk */
	struct span psl_organisation;	/* by the list; a fact */
	bool psl_differs;		/* the list's would judge otherwise */
	enum dmarc_policy policy;	/* that applies: p=, sp= or np= */
	bool testing;			/* t=y: one level milder is asked for */
	bool spf_aligned, dkim_aligned;
	struct span problem;		/* why it is an error, for people */
};

struct dmarc_answer {
	enum auth_result result;	/* the strictest author's */
	enum dmarc_policy policy;	/* of that author */
	struct dmarc_author *authors;	/* one for each different domain */
	size_t n;
	bool more;			/* more authors than the most */
};

/*
 * authors: every mailbox of every reading of every From field. Results that
 * are temperror, and could have made it a pass, make DMARC temperror, never
 * fail. No author with a domain: permerror. AUTH_WAIT in result: look up and
 * call again.
 */
void dmarc_check(struct lookup *l, const struct address *authors,
	size_t nauthors, const struct spf_answer *spf,
	const struct dkim_answer *dkim, struct arena *a,
	struct dmarc_answer *answer_r);

/*
 * Asks what dmarc_check will ask, without waiting: the answers travel while
 * SPF and DKIM are still at work.
 */
void dmarc_ask(struct lookup *l, const struct address *authors,
	size_t nauthors, struct arena *a);

#endif
