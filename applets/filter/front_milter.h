/*
 * Front's side of the milter protocol, over libmilter: callbacks that gather
 * into the session and pass on what outcome.h answers. No decisions.
 */
#ifndef FILTER_FRONT_MILTER_H
#define FILTER_FRONT_MILTER_H

#include "base/err.h"

/*
 * Opens the listening socket, "unix:PATH" or "inet:ADDRESS:PORT". A unix one
 * gets mode 0660 and, as root, owner and the MTA's group.
 */
int front_milter_open(const char *where, const char *user, struct err *e);
/* Serves until front_milter_stop. 0, or -1. */
int front_milter_serve(void);
/* From any thread; returns soon. No session gets another command. */
void front_milter_stop(void);

#endif
