/*
 * Circuit breakers for DNS lists: a zone that did not answer ZONES_FAILED
 * questions in a row rests, so that no mail waits for it; then one question
 * tries it again, and while that fails the rest doubles. A zone that lists
 * what no list may list (RFC 5782 section 5: 127.0.0.1, INVALID) was given up
 * by its owner, or refuses us in its own way: its answers count for nothing.
 *
 * Bounded: the zone least recently used makes room; no I/O, no allocation
 * after zones_new.
 */
#ifndef NET_ZONES_H
#define NET_ZONES_H

#include "base/span.h"

enum {
	ZONES_MAX = 256,
	ZONES_FAILED = 5,
	ZONES_REST_MS = 30000, ZONES_REST_MOST_MS = 600000,
	ZONES_PROOF_MS = 600000,	/* a zone that proved good */
	ZONES_PROOF_AGAIN_MS = 60000,	/* one that did not */
};

struct zones;
struct zone;

struct zones *zones_new(void);	/* NULL: no memory */
void zones_free(struct zones **z);

/* The zone of that name; NULL: there are ZONES_MAX others under way. */
struct zone *zones_find(struct zones *z, struct span name, int64_t now_ms);

/*
 * May a question go out? NULL: yes, and zone_end or
 * zone_cancel follows. Else why not.
 * proof: of one whose answer counts, so the zone must not lie.
 */
const char *zone_begin(struct zone *z, bool proof, int64_t now_ms);
/*
 * It ended. True: the zone rests from now on, and what else is asked of it
 * need not be waited for.
 */
bool zone_end(struct zone *z, bool answered, int64_t now_ms);

/* It did not leave: nothing is known of the zone. */
void zone_cancel(struct zone *z);

/* Is it time to ask for what must not be listed? Then zone_proved follows. */
bool zone_wants_proof(struct zone *z, int64_t now_ms);
enum zone_proof { ZONE_GOOD, ZONE_LIES, ZONE_UNPROVED };
void zone_proved(struct zone *z, enum zone_proof proof, int64_t now_ms);

#endif
