/*
 * DMARC: may somebody speak for the domain in From? RFC 9989, the successor
 * of RFC 7489 (draft-ietf-dmarc-dmarcbis), decides, by its tree walk; the
 * organisational domain of the public suffix list (RFC 7489 section 3.2) is
 * given beside it, and where the two would have judged differently is said.
 *
 * A DKIM signature counts when its result is AUTH_PASS and it covers the
 * whole body under an accepted key; SPF counts on AUTH_PASS for its MAIL FROM
 * domain, or, of a null sender, for its HELO domain (RFC 9989 3.2.4).
 *
 * np= is for names that do not exist. That is: no A, no AAAA and no MX
 * (RFC 9091 2.7), because our DNS answers do not tell an NXDOMAIN (RFC 9989
 * 3.2.13) from a name without records of one type.
 */
#ifndef MAILAUTH_DMARC_H
#define MAILAUTH_DMARC_H

#include "mail/address.h"
#include "mailauth/dkim.h"
#include "mailauth/dmarc_record.h"
#include "mailauth/spf.h"

enum { DMARC_AUTHORS_MAX = 8 };

/* "none", "quarantine", "reject"; "" without one. */
const char *dmarc_policy_name(enum dmarc_policy p);

/* One author's domain. Spans are in the arena. */
struct dmarc_author {
	enum auth_result result;	/* none, pass, fail, temperror,
					   permerror */
	struct span domain;		/* of From, A-labels; empty: it is no
					   name (permerror) */
	struct span record_domain;	/* where the record was found */
	struct dmarc_record record;	/* that record; of reports */
	struct span organisation;	/* by the tree walk; empty: unknown */
	struct span psl_organisation;	/* by the list; a fact */
	bool psl_differs;		/* the list's would judge otherwise:
					   another record, or pass and fail */
	enum dmarc_policy policy;	/* asked for: p=, sp= or np=, and one
					   level milder when testing */
	bool testing;			/* t=y */
	bool spf_aligned, dkim_aligned;	/* which of them passed for it */
	struct span problem;		/* why it is an error, for people */
};

struct dmarc_answer {
	enum auth_result result;	/* the strictest author's: fail with
					   reject, with quarantine, temperror,
					   fail with none, permerror, none,
					   pass */
	enum dmarc_policy policy;	/* of that author */
	struct dmarc_author *authors;	/* one for each different domain */
	size_t n;
	bool more;			/* more authors than the most: those
					   are not known, and permerror */
};

/*
 * authors: every mailbox of every reading of every From field; those without
 * a domain are passed over. Results that are temperror, and could have made
 * it a pass, make DMARC temperror, never fail. No author with a domain:
 * permerror. AUTH_WAIT in result: look up and call again. spf, dkim: NULL
 * when not checked. Asks at most 8 questions for each author, for SPF's
 * domain and each signature's, and 3 for each author that fails under np=.
 */
void dmarc_check(struct lookup *l, const struct address *authors,
	size_t nauthors, const struct spf_answer *spf,
	const struct dkim_answer *dkim, struct arena *a,
	struct dmarc_answer *answer_r);

/*
 * Asks what dmarc_check will ask of the authors, without waiting: the answers
 * travel while SPF and DKIM are still at work.
 */
void dmarc_ask(struct lookup *l, const struct address *authors,
	size_t nauthors, struct arena *a);

#endif
