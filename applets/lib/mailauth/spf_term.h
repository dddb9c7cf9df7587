/*
 * Inside SPF: one term of a record, macros, and names of a host.
 *
 * Nothing here keeps state; spans lie in the record or in the arena. Sources:
 * RFC 7208 sections 4.6, 5, 6, 7.
 */
#ifndef MAILAUTH_SPF_TERM_H
#define MAILAUTH_SPF_TERM_H

#include "mailauth/spf.h"

enum { SPF_NAMES = 10 };	/* of an MX or PTR, section 4.6.4 */

enum spf_kind { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6,
	SPF_EXISTS, SPF_REDIRECT, SPF_EXP, SPF_OTHER };

struct spf_term {
	enum spf_kind kind;
	unsigned char qualifier;	/* + - ? ~ */
	struct span name;		/* as written, for people */
	struct span domain;		/* a domain-spec, or empty */
	struct cidr net;		/* ip4, ip6 */
	uint8_t bits4, bits6;		/* a, mx */
};

/* True: begins with the version; the terms follow. */
bool spf_record_is(struct span text, struct span *terms_r);
/* One term. False: a syntax error. */
bool spf_term_parse(struct span word, struct spf_term *term_r);

struct spf_scope {
	struct lookup *l;
	struct arena *a;
	const struct spf_query *q;
	struct span sender, local, from;	/* macros s, l, o */
	struct span domain;			/* macro d */
};

/* A macro-string; text: blanks and the letters c, r, t are allowed, too. */
bool spf_macro_valid(struct span s, bool text);
/* A macro-string that ends as a domain name does. */
bool spf_domain_valid(struct span s);
/*
 * Of a valid macro-string. AUTH_PASS: in *out_r; AUTH_WAIT; AUTH_PERMERROR:
 * too long.
 */
enum auth_result spf_macro_expand(const struct spf_scope *x, struct span s,
	struct span *out_r);
/* The same, cut to a domain name's length from the left (section 7.3). */
enum auth_result spf_domain_expand(const struct spf_scope *x, struct span s,
	struct span *out_r);

bool spf_has_address(const struct question *q, const struct netaddr *ip,
	unsigned bits);
uint16_t spf_address_type(const struct netaddr *ip);
const struct question *spf_ask_ptr(const struct spf_scope *x);
/*
 * The best of the host's names that lead back to it (section 5.5): the
 * domain, one below it, any. Empty: none. False: answers are pending.
 */
bool spf_host_name(const struct spf_scope *x, struct span domain,
	struct span *name_r);

#endif
