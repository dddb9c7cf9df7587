/*
 * Sockets of the filter's helpers, which front alone may ask.
 */
#ifndef FILTER_LISTEN_H
#define FILTER_LISTEN_H

#include "base/applet.h"
#include "base/err.h"
#include "role/sandbox.h"

#define FILTER_SIGNER_SOCKET "run/pm/filter/signer.sock"
#define FILTER_DELAY_SOCKET "run/pm/filter/delay.sock"

/* A listening SEQPACKET socket of front's group; before giving up root. */
int listen_for_front(const char *path, struct err *e);

/*
 * The whole life of a helper whose work is not in this version: its socket,
 * its user, its sandbox, and one answer to everything: "later WHAT: not in
 * this version", a temporary no.
 */
int listen_unavailable(const struct process *p, const char *path,
	enum sandbox_profile profile);

#endif
