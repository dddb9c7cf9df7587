/*
 * What the MTA says of a message before its content: the session and the
 * envelope. Spans point into the arena or record they came from. All bytes
 * are as received: nothing here is trusted to be an address or a name.
 */
#ifndef ENGINE_ENVELOPE_H
#define ENGINE_ENVELOPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include "mailauth/batv.h"

enum {
	ENVELOPE_RCPTS_MAX = 20000,
	ENVELOPE_BYTES_MAX = 4 << 20,
};

struct envelope {
	struct span id;		/* message id (base/id.h); empty before MAIL */
	int64_t received_ms;	/* wall clock */
	struct span relay_name;	/* name of the connecting host, as the MTA
				   verified it; empty when it did not */
	struct span relay_addr;	/* "192.0.2.1", "2001:db8::1", or empty for a
				   local submission */
	uint16_t relay_port;
	struct span helo;
	struct span mail_from;	/* without < >; empty: the null sender */
	struct span mail_params; /* "SIZE=.. BODY=..", blanks between */
	struct span auth_user;	/* {auth_authen} */
	struct span queue_id;	/* the MTA's {i} */
	struct span mta_name;	/* {j} or {daemon_name} */
	struct span tls;	/* "TLSv1.3 CIPHER", empty: none */
	struct span *rcpts;	/* without < >, and without a good tag */
	size_t nrcpts;
	struct span *given;	/* as the MTA knows them; NULL: the same.
				   Front's own, never part of the record */
	unsigned char *tags;	/* enum batv_result of each; NULL: none */
};

void envelope_put(struct buf *b, const struct envelope *env);
/* False when the record is malformed or over the limits. */
bool envelope_get(struct span record, struct arena *a,
	struct envelope *env_r);

#endif
