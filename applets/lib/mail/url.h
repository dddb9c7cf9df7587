/*
 * URLs in text and pages: as written and in normal form (WHATWG URL Standard
 * as far as it concerns http, https and ftp), distinct, bounded.
 */
#ifndef MAIL_URL_H
#define MAIL_URL_H

#include "base/arena.h"
#include "base/span.h"
#include "mail/limits.h"

enum url_flag {
	/* how it is written */
	URL_BARE = 1u << 0,		/* no scheme; clients link it */
	URL_USER = 1u << 1,		/* user@ before the host */
	URL_PASSWORD = 1u << 2,
	URL_MANY_AT = 1u << 3,		/* several @ before the host */
	URL_IP = 1u << 4,		/* the host is an address */
	URL_ODD_IP = 1u << 5,		/* not four decimal numbers */
	URL_ENCODED_HOST = 1u << 6,	/* percent signs in the host */
	URL_PORT = 1u << 7,		/* not that of the scheme */
	URL_IDN = 1u << 8,		/* a host beyond ASCII */
	URL_MIXED = 1u << 9,		/* scripts mixed in one of its labels,
					   or characters that are not seen */
	URL_BACKSLASH = 1u << 10,
	URL_BLANK = 1u << 11,		/* tabs, line ends inside */
	URL_NUL = 1u << 12,		/* %00 */
	URL_CUT = 1u << 13,		/* longer than is kept */
	URL_BAD_HOST = 1u << 14,	/* no name, no address: browsers refuse
					   it, other clients may not */
	URL_WRAPPED = 1u << 15,		/* over several lines between < > */
	URL_NESTED = 1u << 16,		/* stands in another one */
	URL_NESTS = 1u << 17,		/* another one stands in it */
	URL_LIKE_ASCII = 1u << 18,	/* a label beyond ASCII looks like it */
	/* where: given by the caller, gathered over all places */
	URL_IN_TEXT = 1u << 24,
	URL_IN_LINK = 1u << 25,		/* a reader may follow it */
	URL_IN_LOAD = 1u << 26,		/* images and the like */
	URL_IN_SCRIPT = 1u << 27,
	URL_IN_HIDDEN = 1u << 28,	/* text that is not seen */
};
#define URL_PLACES (URL_IN_TEXT | URL_IN_LINK | URL_IN_LOAD | \
	URL_IN_SCRIPT | URL_IN_HIDDEN)

enum { URL_BYTES_MAX = 8192 };	/* more is cut, and flagged */

struct url {
	struct span raw;	/* as written */
	struct span url;	/* normal form: printable ASCII */
	struct span scheme;	/* "http", "https", "ftp", "mailto", "tel" */
	struct span user;	/* as written, what stands before the last @ */
	struct span host;	/* A-labels, "192.0.2.1", "[2001:db8::1]"; of
				   mailto the domain; of tel empty */
	struct span organisation; /* of the host: the registered domain */
	struct span path;	/* with query and fragment; of mailto the
				   address, of tel the number */
	unsigned port;		/* 0: that of the scheme */
	unsigned flags;
};

struct url_set {
	struct url *v;
	size_t n;
	size_t over;		/* found, but not kept */
	unsigned flags;		/* MAIL_OVER_URLS */
	struct url_index *index; /* private */
};

/*
 * Reads one URL. Without a scheme it is taken as http if its host looks like
 * one. False: it leads to no host and is no mailto or tel. Everything is in
 * the arena, or in s.
 */
bool url_read(struct span s, struct arena *a, struct url *url_r);

/*
 * Adds one as it stands in a link, with those that are nested in it; where:
 * URL_IN_… The set starts as { 0 }; s must live as long as it.
 */
void url_add(struct span s, unsigned where, const struct mail_limits *l,
	struct arena *a, struct url_set *set);

/*
 * Adds those that clients make links of in a text: schemes, "www.", domains
 * under a known public suffix, addresses (mailto).
 */
void url_find(struct span text, unsigned where, const struct mail_limits *l,
	struct arena *a, struct url_set *set);

/*
 * The next URL that stands in path, query or fragment of u, percent signs
 * undone once. *at starts as 0; false: there is no more.
 */
bool url_nested(const struct url *u, size_t *at, struct arena *a,
	struct url *url_r);

/*
 * A reference in a page whose base is known (RFC 3986, section 5.2; dots in
 * paths stay). Where there is nothing to join it is given as it stands.
 */
struct span url_join(struct span base, struct span reference, struct arena *a);

/* "http://a.example", "//a.example", "http:a.example" as browsers read it. */
bool url_has_host(struct span s);

#endif
