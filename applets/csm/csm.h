/*
 * The processes of `pm csm`, each in a file of its own.
 */
#ifndef CSM_CSM_H
#define CSM_CSM_H

#include "base/applet.h"

#define CSM_LOGIN_SOCKET "run/pm/csm/login.sock"
#define CSM_VIEWER_SOCKET "run/pm/csm/viewer.sock"

/* Their whole lives; an exit code. */
int web_run(const struct process *p);
int login_run(const struct process *p);
int viewer_run(const struct process *p);

#endif
