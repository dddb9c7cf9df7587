/*
 * Addresses in header fields (RFC 5322 section 3.4, lenient) and envelopes.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "base/arena.h"
#include "base/span.h"

struct address {
	struct span display;	/* decoded UTF-8, may be empty */
	struct span local, domain; /* as written, quotes undone; no domain:
				      empty */
	struct span full;	/* local@domain */
};

/* All mailboxes of a field value, groups opened. Returns the count. */
size_t address_list(struct span value, size_t max, struct arena *a,
	struct address **list_r);

/*
 * Splits an envelope address at its last @ (none: domain empty). A dot at the
 * end of the domain belongs to neither: MTAs take it off.
 */
struct address address_split(struct span addr);

/* Strict LDH domain (RFC 1123) or an address literal. */
bool address_domain_ok(struct span domain);

#endif
