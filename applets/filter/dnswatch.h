/*
 * Front's watch over the DNS lists in use (engine/dnsprobe.h): asked for their
 * test points when a policy is loaded and every few minutes; one that fails
 * is told to the supervisor (HEALTH_DNSLISTS). Thread-safe.
 */
#ifndef FILTER_DNSWATCH_H
#define FILTER_DNSWATCH_H

#include "base/span.h"

/* The lists from now on: a record of engine/dnstable.h, and their keys. */
void dnswatch_set(struct span record, struct span keys);
/* A thread of its own: never returns. */
void *dnswatch_run(void *unused);

#endif
