/*
 * Which mail we sign, and what the signer needs for it: made where the
 * message is read, once for each group that delivers, after its edits.
 */
#ifndef ENGINE_SIGNING_H
#define ENGINE_SIGNING_H

#include "base/netaddr.h"
#include "engine/facts.h"
#include "engine/verdict.h"

/*
 * Outgoing: from this host itself, from one of our networks, or of somebody
 * who logged in. Front decides it again for itself.
 */
bool signing_is_outgoing(const struct envelope *env,
	const struct cidr *networks, size_t nnetworks);

/*
 * Fills the signs of each group of *v that delivers or redirects, when the
 * only author's domain, or else its organisational domain, has active keys.
 * Mail from outside that goes elsewhere gets an ARC set (RFC 8617) by the key
 * of the domain that it came to.
 */
void signing_prepare(struct facts *f, struct verdict *v);

/* The first `to` bytes of the message as a group's splices leave them. */
struct span signing_edited(const struct group *g, struct span raw, size_t to,
	struct arena *a);

#endif
