/*
 * An HTTP/1.1 client (RFC 9112) that does one thing: it posts a document and
 * hears whether it was taken. No redirects, no cookies, no keeping alive.
 */
#ifndef NET_POST_H
#define NET_POST_H

#include "base/err.h"
#include "base/span.h"

/* Where Debian's ca-certificates keeps whom the host trusts. */
#define POST_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

enum { POST_URL_MAX = 1000 };

/*
 * Sends `body` to "https://HOST[:PORT][/PATH]" (or "http://"). Certificates
 * are checked against the PEM file `authorities`. 0: it was answered 2xx.
 * -1 and *e otherwise: temporary but for a bad URL. Takes until deadline_ms
 * (clock_ms) at most, but for the look-up of the name, which the host's
 * resolver bounds.
 */
int post_send(const char *url, const char *authorities, const char *type,
	struct span body, int64_t deadline_ms, struct err *e);

/*
 * "HOST:PORT" as "ADDRESS:PORT", the first address there is. For those who
 * want numbers (net/stream.h). Waits for the host's resolver.
 */
int post_resolve(struct span host_port, char out[80], struct err *e);

#endif
