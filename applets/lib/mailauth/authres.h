/*
 * Authentication-Results (RFC 8601): ours written, those that claim to be
 * ours found, to be removed.
 */
#ifndef MAILAUTH_AUTHRES_H
#define MAILAUTH_AUTHRES_H

#include "mail/header.h"
#include "mailauth/arc.h"
#include "mailauth/dmarc.h"

/* What was found; a pointer that is NULL was not checked. */
struct authres {
	const struct spf_query *spf_query;
	const struct spf_answer *spf;
	const struct dkim_answer *dkim;
	const struct dmarc_answer *dmarc;
	const struct arc_answer *arc;
	struct span auth_user;		/* SMTP AUTH; empty: none */
};

/*
 * The value of the field, folded (CRLF and a tab), behind the colon and a
 * blank: "mx.example.org;\r\n\tspf=pass smtp.mailfrom=…". Lines end at column
 * 78 where a single word is not longer; with nothing checked "mx; none".
 *
 * Always ASCII: domains are A-labels (readable for everybody, where RFC 8616
 * allows U-labels only in internationalised mail). What came from outside and
 * is no domain name is left out, and so is a local part that is no dot-atom
 * or has an "=": nothing of it can be mistaken for a result of ours, by
 * programs that only search for words either. dmarc: the strictest author
 * first; policy.dmarc is the policy that is asked for.
 */
struct span authres_write(struct span authserv_id, const struct authres *r,
	struct arena *a);

/*
 * Does this Authentication-Results value claim to be of that server? In any
 * case of letters, with comments, folds, quotes, a version, a final dot, as
 * U-labels; a value whose beginning cannot be read counts as a claim
 * (section 5).
 */
bool authres_claims(struct span value, struct span authserv_id);

#endif
