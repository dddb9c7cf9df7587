/*
 * BATV (mailauth/batv.h) with this appliance's keys: which recipients carry a
 * tag of ours, and what sender leaves. The keys never reach a scanner.
 */
#ifndef FILTER_TAGS_H
#define FILTER_TAGS_H

#include "mailauth/batv.h"
#include "session.h"

/*
 * Reads the keys, at start and when they have changed; what cannot be read is
 * told, and the keys before it stay. Without a file nothing is signed.
 */
void tags_load(void);
/*
 * The recipient that was given last: his tag is judged and, when it is good,
 * taken off; env.given keeps him as the MTA knows him.
 */
void tags_look(struct session *s);
/* The sender with a tag, where that can be. */
struct span tags_sign(struct session *s, struct span sender);

#endif
