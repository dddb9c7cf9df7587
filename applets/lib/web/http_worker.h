/*
 * A worker: one event loop (libevent), one thread, up to
 * HTTP_CONNECTIONS_MAX connections, one request at a time.
 */
#ifndef WEB_HTTP_WORKER_H
#define WEB_HTTP_WORKER_H

#include <sys/queue.h>

#include <event2/event.h>

#include "net/tls.h"
#include "web/http_request.h"

enum {
	HTTP_CONNECTIONS_MAX = 256,
	HTTP_REQUESTS_MAX = 10000,	/* then the worker is replaced */
	HTTP_ARRIVE_MS = 20000,	/* a whole request, the handshake included */
	HTTP_IDLE_MS = 60000,	/* until the next one begins */
	HTTP_STALL_MS = 30000,	/* without a byte taken of a reply */
	HTTP_REPLY_MS = 600000,	/* a whole reply */
	HTTP_LINGER_MS = 2000,	/* for the peer to read our last words */
	HTTP_ENDING_MS = 2000,	/* after TERM, for what has begun */
};

LIST_HEAD(http_conns, http_conn);

struct http_worker {
	struct http_site site;
	struct tls_server *tls;
	struct event_base *base;
	struct event *accepting, *ending_timer, *term, *room_timer;
	int listener;
	struct http_conns conns;
	unsigned nconns, served;
	bool ending;		/* no new connection, no new request */
};

/*
 * Serves on the listener until TERM or HTTP_REQUESTS_MAX. tell: a byte is
 * written there when the first request may come. An exit code.
 */
int http_worker_run(const struct web_config *c, struct tls_server *tls,
	int listener, int tell);

/* Stops taking connections; ends when the last one is closed, or in
   HTTP_ENDING_MS. */
void http_worker_end(struct http_worker *w);
/* A connection was closed. */
void http_worker_closed(struct http_worker *w);

#endif
