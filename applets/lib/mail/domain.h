/*
 * Domain names: IDNA and where organisations begin.
 */
#ifndef MAIL_DOMAIN_H
#define MAIL_DOMAIN_H

#include "base/arena.h"
#include "base/span.h"

enum { DOMAIN_MAX = 253 };

/*
 * Lower-case A-labels without a final dot (IDNA2008 with UTS 46 mapping, not
 * transitional; RFC 5890). False: no name for the DNS. In the arena.
 */
bool domain_ascii(struct span domain, struct arena *a, struct span *ascii_r);
/* U-labels, for people; a label that is none stays as it is. */
struct span domain_unicode(struct span ascii, struct arena *a);

/*
 * The organisational domain by the public suffix list (libpsl's own copy):
 * the public suffix and one label. Empty: the name is a public suffix itself
 * or none. Takes and points into A-labels.
 */
struct span domain_organisation(struct span ascii);
bool domain_is_public_suffix(struct span ascii);

/* The name itself or one below it; ASCII case does not count. */
bool domain_is_below(struct span name, struct span domain);

#endif
