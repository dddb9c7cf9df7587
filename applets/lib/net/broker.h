/*
 * The broker's loop: answers questions (base/question.h) on any number of
 * SEQPACKET connections, with DNS (net/dns.h) and virus engines (net/virus.h).
 * Used by `pm filter broker` and, in a child of its own, by `pm scan`.
 *
 * Bounded: connections, questions in flight per connection, bytes; a
 * malformed request closes its connection and is logged.
 */
#ifndef NET_BROKER_H
#define NET_BROKER_H

#include "base/err.h"
#include "net/virus.h"

struct broker_settings {
	const char *resolver;	/* NULL: the host's */
	struct virus_set virus;	/* none: its questions are answered OFF */
	int64_t dns_timeout_ms;	/* then LATER */
	int64_t virus_timeout_ms;
	unsigned connections_max;
	/* Called when something is degraded or well again (text NULL). */
	void (*degraded)(const char *text);
	/* What the virus engines are and did, now and then. NULL: nobody
	   hears it, and none is asked who it is. */
	void (*note)(const char *text);
};

/*
 * Serves listen_fd (listening, or -1) and first_fd (connected, or -1) until
 * stop_fd becomes readable, or, without listen_fd, until the last connection
 * is closed.
 */
int broker_serve(const struct broker_settings *s, int listen_fd, int first_fd,
	int stop_fd, struct err *e);

#endif
