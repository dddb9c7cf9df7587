/*
 * The virus engines of a wiring, as the broker (net/broker.h) wants them.
 */
#ifndef TOOL_ENGINES_H
#define TOOL_ENGINES_H

#include "conf/wiring.h"
#include "net/virus.h"

/* filter.clamd, then filter.icap; the texts are the wiring's. */
struct virus_set engines_wired(const struct wiring *w);

#endif
