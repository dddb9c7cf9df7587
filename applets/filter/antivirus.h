/*
 * Our own clamd and its signatures: folders and files of the two processes
 * that care for them (filter/clamd, filter/freshclam).
 */
#ifndef FILTER_ANTIVIRUS_H
#define FILTER_ANTIVIRUS_H

#include "base/applet.h"
#include "base/err.h"
#include "base/root.h"
#include "conf/wiring.h"

#define ANTIVIRUS_RUN ROOT_RUN "/clamd"

bool antivirus_is_own(const struct wiring *w);
/*
 * The folders, given to the process's user, then life_drop_power and what
 * holds for its child, too: limits, and Landlock, so that neither opens
 * another file than its own. The group of all roles reaches the socket.
 */
int antivirus_begin(const struct process *p, struct err *e);
/* For who needs none but unix sockets; before antivirus_begin. */
void antivirus_leave_network(void);
/*
 * Nothing to do in this wiring: waits for TERM. note: for `pm status`, or
 * NULL.
 */
int antivirus_idle(const struct process *p, int signals, const char *note);

#endif
