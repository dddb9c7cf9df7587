/*
 * URLs in text and in HTML attributes: as written, distinct, bounded.
 */
#ifndef MAIL_URL_H
#define MAIL_URL_H

#include "base/arena.h"
#include "base/span.h"
#include "mail/limits.h"

struct url {
	struct span raw;	/* as written */
	struct span host;	/* lower case, without user and port */
};

struct url_set {
	struct url *v;
	size_t n;
	unsigned flags;		/* MAIL_OVER_URLS */
	struct url_index *index; /* private */
};

/*
 * Adds the URLs found in a text (html: attributes and text alike): http,
 * https, ftp, "www." and, in html, "//host". The set starts as { 0 }; raw
 * points into the text, which must live as long as the set.
 */
void url_find(struct span text, bool html, const struct mail_limits *l,
	struct arena *a, struct url_set *set);

/*
 * A reference in a page whose base is known (RFC 3986, section 5.2; dots in
 * paths stay). Where there is nothing to join it is given as it stands.
 */
struct span url_join(struct span base, struct span reference, struct arena *a);

/* "http://a.example", "//a.example", "http:a.example" as browsers read it. */
bool url_has_host(struct span s);

#endif
