/*
 * Who sent it: SPF, DKIM, DMARC and ARC of one message, with answers from
 * the world through struct ask.
 *
 * Questions go out as early as they are known (SPF's with the envelope,
 * DKIM's, ARC's and DMARC's with the header); only auth_finish waits. What
 * the DNS did not answer in time is "temperror", never "none".
 *
 * Mail of an internal relay is judged by the first host outside that the
 * Received fields of trusted hosts tell. Without one it is our own mail:
 * SPF and DMARC then say nothing of it and are not checked.
 */
#ifndef ENGINE_AUTH_H
#define ENGINE_AUTH_H

#include "base/netaddr.h"
#include "engine/ask.h"
#include "engine/envelope.h"
#include "mailauth/authres.h"

enum auth_method {
	AUTH_SPF = 1u << 0,
	AUTH_DKIM = 1u << 1,
	AUTH_DMARC = 1u << 2,	/* wants SPF and DKIM, too */
	AUTH_ARC = 1u << 3,
	AUTH_ALL = 15,
};

struct auth_input {
	const struct envelope *env;
	const struct cidr *networks;	/* internal relays */
	size_t nnetworks;
	struct span receiver;		/* our name, for SPF's macro r */
	unsigned methods;		/* enum auth_method */
};

/* What is known after auth_finish; `checked` tells which of it. */
struct auth {
	unsigned checked;		/* enum auth_method */
	struct netaddr relay;		/* first untrusted host; n is 0: none */
	struct span relay_text;		/* the same, as a text */
	struct span helo;		/* as it called itself, or empty */
	struct spf_query spf_query;
	struct spf_answer spf;
	struct dkim_answer dkim;
	struct dmarc_answer dmarc;
	struct arc_answer arc;
	unsigned questions;		/* put to the DNS */
	struct auth_run *run;		/* private */
};

/* Asks what the envelope already tells. Everything is in the arena. */
struct auth *auth_new(const struct auth_input *in, const struct ask *ask,
	struct arena *a);
/*
 * The message, its header and every reading of its authors, all to outlive
 * the answers. Asks; never waits.
 */
void auth_message(struct auth *auth, struct span message,
	const struct header *h, const struct address *authors,
	size_t nauthors);
/* Waits for answers until the monotonic deadline; all is known then. */
void auth_finish(struct auth *auth, int64_t deadline_ms);

/* The results that stand for a field, for authres_write. */
struct authres auth_results(const struct auth *auth);

#endif
