/*
 * Asks a directory (LDAPv3, RFC 4511) through libldap: connects, binds, reads
 * one search to its end, page by page (RFC 2696). Blocks. Meant for a process
 * of its own that somebody ends when its time is over: the bytes of the answer
 * are foreign, and the environment is replaced.
 *
 * Only ldaps:// and ldap:// with StartTLS (RFC 4513 section 3), TLS 1.2 or
 * later, the certificate checked against the name in the address; and ldapi://
 * (a unix socket). Configuration files and variables of libldap's own are not
 * read. References to other servers are not followed.
 */
#ifndef NET_LDAP_H
#define NET_LDAP_H

#include "base/buf.h"
#include "base/err.h"

struct ldap_ask {
	const char *servers;	/* "ldaps://a.example ldaps://b.example": the
				   first that answers; of one kind */
	const char *authorities; /* PEM file; unused by ldapi:// */
	const char *bind;	/* a DN; NULL: anonymous */
	const char *password;	/* not empty when there is a bind: that would
				   be anonymous, too (RFC 4513 section 5.1.2) */
	const char *base, *filter;
	const char **attributes; /* ends with NULL */
	size_t most;		/* entries; one more is an error */
	unsigned seconds;	/* for each step */
};

enum { LDAP_VALUE_MAX = 1024 };	/* longer values are cut there */

/*
 * `next` begins an entry, `value` is one of the attribute with that index in
 * `attributes`. Bytes live for the call.
 */
struct ldap_sink {
	void (*next)(void *context);
	void (*value)(unsigned attribute, struct span value, void *context);
	void *context;
};

/*
 * 0: every entry was told. -1 and *e: what was told is a part of it at most;
 * permanent when the same question will not do (a wrong password, filter or
 * base, more than `most`), else temporary.
 */
int ldap_fetch(const struct ldap_ask *ask, const struct ldap_sink *sink,
	struct err *e);

/*
 * Appends a value as it stands in a filter: of what is not a plain letter,
 * digit or one of "@.-_ " each byte as \XX (RFC 4515 section 3 allows it for
 * any). The only way that a value gets into one.
 */
void ldap_escape(struct buf *b, struct span value);

#endif
