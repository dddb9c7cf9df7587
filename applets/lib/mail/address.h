/*
 * Addresses in header fields (RFC 5322 section 3.4 with its obsolete syntax,
 * RFC 6532, RFC 6854; lenient) and envelopes.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "base/arena.h"
#include "base/span.h"
#include "mail/header.h"

struct address {
	struct span display;	/* decoded UTF-8, may be empty */
	struct span local, domain; /* as written, quotes, comments and blanks
				      undone; no domain: empty */
	struct span full;	/* local@domain */
};

/*
 * All mailboxes of a field value as most clients read it, groups opened.
 * Returns the count, at most max.
 */
size_t address_list(struct span value, size_t max, struct arena *a,
	struct address **list_r);

/*
 * The union of what clients read in a field value: each different address
 * once (local part as it is, domain without case), those of address_list()
 * first; without a domain only when nothing there has one. The list has room
 * for max. *flags_r is MAIL_AMBIG_FROM when clients would not agree who it is:
 * when readings differ in an address; when the addresses are of several
 * domains (many clients show one); for groups, routes, an @ that misses a
 * side, an address without a domain or none at all; with MAIL_OVER_HEADERS
 * when there are more than max; and the flags of word_decode().
 */
size_t address_readings(struct span value, size_t max, struct arena *a,
	struct address **list_r, unsigned *flags_r);

/*
 * Everybody whom a client may show as the author, from all readings of the
 * header: of all From fields; of lines folded into another field that look
 * like one; and of Sender and Resent-From where there is no From that every
 * client sees. The first is the first of the first From field. *flags_r as
 * above.
 */
size_t address_authors(const struct header *const *headers, size_t count,
	size_t max, struct arena *a, struct address **list_r,
	unsigned *flags_r);

/* What a display name may deceive with. */
enum address_name {
	ADDRESS_NAME_OTHER = 1u << 0,	/* holds an address that is not this */
	ADDRESS_NAME_BIDI = 1u << 1,	/* turns the direction of writing */
	ADDRESS_NAME_HIDDEN = 1u << 2,	/* characters without width */
	ADDRESS_NAME_CONTROL = 1u << 3,	/* control characters */
	ADDRESS_NAME_BAD = 1u << 4,	/* was no text of its charset */
};

unsigned address_name(const struct address *ad, struct arena *a);

/*
 * For people: Name <local@domain>, without the name where there is none,
 * quoted where RFC 5322 wants it. Valid UTF-8 on one line; control characters
 * and those that hide or turn text are left out.
 */
struct span address_show(const struct address *ad, struct arena *a);

/*
 * Splits an envelope address at its last @ (none: domain empty). A dot at the
 * end of the domain belongs to neither: MTAs take it off.
 */
struct address address_split(struct span addr);

/* Strict LDH domain (RFC 1123) or an address literal. */
bool address_domain_ok(struct span domain);

#endif
