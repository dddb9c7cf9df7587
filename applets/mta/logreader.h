/*
 * The log reader: takes what the mail server's log says of mail into the
 * database, each line once.
 */
#ifndef MTA_LOGREADER_H
#define MTA_LOGREADER_H

#include "base/applet.h"

/* Until TERM; an exit code. */
int logreader_run(const struct process *p);

#endif
