/*
 * What the files of pm dnslist share.
 */
#ifndef DNSLIST_DNSLIST_H
#define DNSLIST_DNSLIST_H

#include "base/args.h"
#include "engine/dnsprobe.h"
#include "engine/dnstable.h"

/* Read last: after the site's other files. */
#define DNSLIST_SWITCHES ROOT_POLICY "/dnslists/zz-switches.lua"

struct dnslist_site {
	struct dnstable table;	/* of the draft, with its keys */
	const char *resolver;	/* NULL: the host's */
	bool json;
};

/* world.c: a broker of our own to ask; ends with the process. */
int dnslist_open_world(const struct dnslist_site *s, struct arena *a,
	struct ask **ask_r, struct err *e);
/* ask.c: 0, or 1: a list fails; nothing is listed. */
int dnslist_test(const struct dnslist_site *s, char **names, size_t n,
	struct arena *a, struct err *e);
int dnslist_ask_about(const struct dnslist_site *s, struct span thing,
	char **names, size_t n, struct arena *a, struct err *e);
/* switch.c */
int dnslist_switch(const struct dnslist_site *s, const char *name, bool on,
	struct arena *a, struct err *e);
int dnslist_write_key(const struct dnslist_site *s, const char *name,
	struct arena *a, struct err *e);
/* dnslist.c: NULL and *e: there is none of that name. */
const struct dnstable_list *dnslist_named(const struct dnslist_site *s,
	const char *name, struct arena *a, struct err *e);

#endif
