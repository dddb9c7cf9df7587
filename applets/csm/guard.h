/*
 * Who tries too many wrong passwords waits: an account after five, a peer
 * (an IPv4 address, an IPv6 network of 64 bits) after twenty, within ten
 * minutes. Accounts that do not exist count like those that do.
 *
 * Who has logged in to the account from there in the last 30 days has a count
 * of his own, of the same length: others' wrong tries do not lock him out.
 */
#ifndef CSM_GUARD_H
#define CSM_GUARD_H

#include <stdint.h>

#include "base/span.h"

/* Seconds to wait before the next try; 0: none. */
unsigned guard_wait(struct span account, struct span peer, int64_t now_ms);
void guard_wrong(struct span account, struct span peer, int64_t now_ms);
/* A right one: the account's count starts again, the peer's stands. */
void guard_right(struct span account, struct span peer, int64_t now_ms);

#endif
