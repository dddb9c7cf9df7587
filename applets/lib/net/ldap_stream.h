/*
 * What the process that asks a directory (net/ldap.h) tells the one that asked
 * for it: frames, each a kind (1 byte), an attribute (1 byte), a length (4
 * bytes, the least first) and so many bytes.
 *
 *	'N'	an entry begins
 *	'V'	a value of the attribute
 *	'E'	the end: everything was told
 *	'X'	nothing counts: the attribute is 1 for a permanent error, the
 *		bytes are one line for people
 */
#ifndef NET_LDAP_STREAM_H
#define NET_LDAP_STREAM_H

#include "net/ldap.h"

void ldap_stream_put(struct buf *b, char kind, unsigned attribute,
	struct span bytes);

/*
 * Tells the sink what a whole stream says; attributes are below `nattributes`.
 * -1 and *e: the error that it carries, or it is no stream, or broke off; what
 * was told until then counts for nothing.
 */
int ldap_stream_read(struct span stream, unsigned nattributes,
	const struct ldap_sink *sink, struct err *e);

#endif
