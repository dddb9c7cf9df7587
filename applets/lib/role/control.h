/*
 * Talking to `pm supervise` over ROOT_RUN/control.sock: what runs, start,
 * stop, restart, reload.
 *
 * Protocol (SOCK_SEQPACKET, root or our own uid only): one request packet
 * "VERB [ROLE[/PROCESS]]\n", answered by packets of text lines, an empty
 * packet ends. The first line is "ok" or "no WHY". For status each line is
 *	ROLE/PROCESS STATE PID SINCE_MS RESTARTS DEGRADED...
 * with STATE one of down starting up ready stopping failed waiting.
 */
#ifndef ROLE_CONTROL_H
#define ROLE_CONTROL_H

#include "base/buf.h"
#include "base/err.h"

#define CONTROL_SOCKET "run/pm/control.sock"

/*
 * Sends one request and appends the answer's lines. -1 when nobody answers
 * (temporary: "pm supervise is not running").
 */
int control_ask(const char *request, struct buf *answer, struct err *e);

#endif
