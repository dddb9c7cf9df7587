/*
 * injector: the only SMTP client. Sends what lies in spool/inject to the
 * MTA's unfiltered loopback listener (wiring: mta.reinject) and removes it
 * once the MTA has taken it.
 *
 * A copy that cannot be sent now stays and is tried again after 1, 2, 5, 10,
 * 30 and then every 60 seconds; `pm status` tells since when. Recipients who
 * are refused for good go to spool/bad, in a file of the same form, with a
 * log line each. A crash between the MTA's 250 and our unlink sends a copy a
 * second time, bytes and Message-ID the same: at least once, never not at
 * all.
 */
#ifndef MTA_INJECTOR_H
#define MTA_INJECTOR_H

#include "base/applet.h"

int injector_run(const struct process *p);

#endif
