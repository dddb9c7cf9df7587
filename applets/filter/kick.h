/*
 * Wakes libmilter. Its pool of workers hands a burst of ready sessions to the
 * one or two idle ones, and a callback that waits holds up all sessions
 * behind it. A connection to our own milter socket, closed at once, makes it
 * start another worker, which takes a stuck session along (reference: the
 * trial of the process model, and libmilter/worker.c).
 *
 * Any callback about to wait longer than KICK_GRACE_MS kicks first. Never
 * from xxfi_close: libmilter may hold its lock there.
 */
#ifndef FILTER_KICK_H
#define FILTER_KICK_H

#include "base/err.h"

enum { KICK_GRACE_MS = 2 };

/* where: as in the wiring, "unix:PATH" or "inet:ADDRESS:PORT". */
int kick_start(const char *where, struct err *e);
/* Never waits, never fails. */
void kick(void);

#endif
