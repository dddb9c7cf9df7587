/*
 * Authentication in the facts' record. Private to facts_wire.c.
 */
#ifndef ENGINE_AUTH_WIRE_H
#define ENGINE_AUTH_WIRE_H

#include "base/wire.h"
#include "engine/facts_record.h"

/* auth may be NULL: nothing was checked. */
void auth_wire_put(struct buf *b, const struct auth *auth);
void auth_wire_get(struct wire *w, struct arena *a, struct auth_record *r);

#endif
