/*
 * Talking to `pm supervise` over ROOT_RUN/control.sock: what runs, start,
 * stop, restart, reload.
 *
 * Protocol (SOCK_SEQPACKET; root and our own uid may order, members of group
 * pm may ask for the status): one request packet
 * "VERB [ROLE[/PROCESS]]\n", answered by packets of text lines; an empty
 * packet or the end of the connection ends. The first line is "ok" or "no
 * WHY". For status each line that follows is
 *	ROLE/PROCESS STATE PID SINCE_MS RESTARTS GENERATION DEGRADED...
 * STATE: down (not wanted), waiting (for what it needs), starting (runs, not
 * ready), ready, stopping, paused (died too soon, is started again shortly),
 * failed. PID 0: none. SINCE_MS: how long it has been in this state.
 * GENERATION: number of the policy that it works by; 0: says none.
 * DEGRADED may be empty: what it says of itself, or why it waits or failed.
 *
 * For alarms each line is "ROLE/PROCESS NAME TEXT" (role/alarm.h).
 *
 * start, stop and restart answer when the order is given, not when it is
 * carried out: ask for status to see that. reload answers when the wiring
 * was read and the processes were told. stop without a role stops all roles;
 * the supervisor itself stays, for start, and ends by SIGTERM.
 */
#ifndef ROLE_CONTROL_H
#define ROLE_CONTROL_H

#include "base/buf.h"
#include "base/err.h"

#define CONTROL_SOCKET "run/pm/control.sock"

enum { CONTROL_PACKET_MAX = 16384 };

/*
 * Sends one request and appends the answer's lines, "ok" included. -1 when
 * nobody answers (temporary: "pm supervise is not running in ROOT").
 */
int control_ask(const char *request, struct buf *answer, struct err *e);

#endif
