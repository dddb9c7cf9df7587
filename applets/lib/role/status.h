/*
 * What runs here, as `pm supervise` tells it (role/control.h), with what the
 * roles' records say about it.
 */
#ifndef ROLE_STATUS_H
#define ROLE_STATUS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum { STATUS_ROWS_MAX = 128 };

/* One process. */
struct status_row {
	struct span name;	/* "filter/front" */
	struct span state, degraded;
	struct span note;	/* "ClamAV 1.4.6, …"; empty: says nothing */
	uint64_t pid, since_ms, restarts; /* since_ms: ago */
	uint64_t generation;	/* of the policy it works by; 0: says none */
	const char *title;	/* "Mail Filter"; NULL: unknown to us */
	const char *without;	/* what its absence means; NULL: unknown */
};

struct status {
	struct buf text;	/* what the rows point into; starts as { 0 } */
	struct status_row rows[STATUS_ROWS_MAX];
	size_t n;
};

/*
 * Asks for "VERB WHAT"; "no WHY" becomes an error. What follows the first
 * line of the answer goes to *rest_r.
 */
int status_ask(const char *verb, const char *what, struct buf *text,
	struct span *rest_r, struct err *e);
/* what: "", "ROLE" or "ROLE/PROCESS". */
int status_fetch(const char *what, struct status *s, struct err *e);

/* Ready, and nothing of it degraded. */
bool status_is_well(const struct status_row *r);

#endif
