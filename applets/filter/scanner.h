/*
 * The life of one scanner, a child of the zygote: parses hostile bytes, so it
 * has no files, no network, a clock for its CPU time, and one job at a time.
 */
#ifndef FILTER_SCANNER_H
#define FILTER_SCANNER_H

#include <stdbool.h>

#include "engine/engine.h"

struct scanner_place {
	int control;		/* jobs in, replies out */
	const unsigned char *slot; /* HOP_SLOT_SIZE, read-only */
	int broker;		/* -1: none */
	struct engine *engine;
	bool test_crash;	/* X-PM-Test-Crash is obeyed */
};

/* Serves until front closes the socket or the scanner should retire. */
int scanner_run(const struct scanner_place *p);

#endif
