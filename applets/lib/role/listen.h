/*
 * Sockets of a role's helper processes, which only members of one group may
 * reach.
 */
#ifndef ROLE_LISTEN_H
#define ROLE_LISTEN_H

#include "base/err.h"

/*
 * A listening, non-blocking SEQPACKET socket at `path`, in a folder directly
 * below ROOT_RUN that is made and belongs to root. As root: before power is
 * given up; the group is given the socket. Else it is ours alone.
 */
int listen_for(const char *path, const char *group, struct err *e);

#endif
