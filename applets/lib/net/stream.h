/*
 * A stream to a server nearby, where no step waits longer than a deadline.
 * Shared by the clients of this layer.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Connects to "unix:PATH", "inet:ADDRESS:PORT" or "ADDRESS:PORT" (numeric).
 * A non-blocking descriptor, or -1 and *e.
 */
int stream_connect(const char *where, int64_t deadline_ms, struct err *e);
/* All of s, or -1 and *e (the peer may have answered before it closed). */
int stream_send(int fd, struct span s, int64_t deadline_ms, struct err *e);
/* What is there, at least one byte; 0 at the end; -1 and *e. */
ssize_t stream_recv(int fd, void *p, size_t n, int64_t deadline_ms,
	struct err *e);

#endif
