/*
 * A DMARC policy record (RFC 9989 sections 4.7 and 4.8, which was
 * draft-ietf-dmarc-dmarcbis). Names and words are taken in any case of
 * letters, as ABNF's literals are; "DMARC1" is not.
 */
#ifndef MAILAUTH_DMARC_RECORD_H
#define MAILAUTH_DMARC_RECORD_H

#include "base/arena.h"
#include "base/span.h"

enum dmarc_policy { DMARC_NO_POLICY, DMARC_NONE, DMARC_QUARANTINE,
	DMARC_REJECT };

/* Spans are in the text that was parsed. */
struct dmarc_record {
	enum dmarc_policy p;	/* p=; none without one (section 4.7) */
	enum dmarc_policy sp, np; /* DMARC_NO_POLICY: not there */
	bool strict_dkim, strict_spf; /* adkim=s, aspf=s */
	bool testing;		/* t=y */
	unsigned char psd;	/* 'y', 'n', or 'u' */
	struct span rua, ruf;	/* lists of URIs for reports, as written */
	struct span fo;		/* empty without ruf, which it needs */
	bool historic;		/* pct=, rf= or ri= of RFC 7489: ignored */
	const char *problem;	/* NULL; or it is no policy, for people */
};

/* Begins as version 1 does? What does not is no DMARC record at all. */
bool dmarc_record_is(struct span text);

/*
 * Of a text that is one. Syntax errors are passed over, defaults stand
 * (section 4.8), with two exceptions. A policy that is none of the three
 * words makes all of them "none" when there is an address for reports, else
 * the record is a problem (4.10.1). A known tag that comes twice is a problem
 * (RFC 6376 3.2, whose tag lists section 4.7 takes).
 */
void dmarc_record_parse(struct span text, struct dmarc_record *r_r);

/* A list of reporting URIs has one at least that can be one. */
bool dmarc_uris_valid(struct span list);

#endif
