/*
 * The processes of `pm enduser`, each in a file of its own.
 */
#ifndef ENDUSER_ENDUSER_H
#define ENDUSER_ENDUSER_H

#include "base/applet.h"

#define ENDUSER_LINKS_SOCKET "run/pm/enduser/links.sock"

/* Their whole lives; an exit code. */
int enduser_web_run(const struct process *p);
int enduser_links_run(const struct process *p);

#endif
