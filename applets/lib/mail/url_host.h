/* Hosts of URLs (WHATWG URL, section 3.5), for the other files of url.c. */
#ifndef MAIL_URL_HOST_H
#define MAIL_URL_HOST_H

#include "mail/url.h"

/*
 * Host and its flags from what stands between user and port. A host that is
 * none is given in printable ASCII, flagged URL_BAD_HOST.
 */
void url_read_host(struct span s, struct arena *a, struct url *u);

/* A name that ends in a suffix of the public suffix list's ICANN section. */
bool url_has_suffix(struct span ascii);

#endif
