/*
 * Front's part in signing: decides for itself that a message is outgoing, so
 * that a scanner which was taken over gets no signature for what comes in,
 * and asks the signer. Thread-safe, apart from the session.
 */
#ifndef FILTER_SIGNING_H
#define FILTER_SIGNING_H

#include "base/err.h"
#include "conf/wiring.h"
#include "engine/resolve.h"
#include "session.h"

enum { SIGNING_MS = 2000 };

/* Our networks, as the wiring has them now. */
void signing_networks(const struct wiring *w);
/* Takes the signs off a message that is not outgoing. */
void signing_check(const struct session *s, struct verdict *v);
/*
 * Has everything signed that r delivers: the value of each sign, the fields
 * of each seal. -1: the signer did not in SIGNING_MS; *e for the log and the
 * status.
 */
int signing_sign(struct session *s, struct verdict *v,
	const struct resolution *r, struct err *e);

#endif
