/*
 * One connection of a worker: TLS, requests one after the other, deadlines.
 */
#ifndef WEB_HTTP_CONN_H
#define WEB_HTTP_CONN_H

#include <sys/socket.h>

#include "web/http_worker.h"

struct http_conn;

/* Takes fd over: accepted, non-blocking. */
void http_conn_start(struct http_worker *w, int fd,
	const struct sockaddr_storage *peer);
/* Closes those that wait for a next request; the others end with theirs. */
void http_conn_end_idle(struct http_worker *w);
/* Closes at once. */
void http_conn_drop_all(struct http_worker *w);
/*
 * Closes up to n connections of whoever has the most, those first that made
 * others wait the longest.
 */
void http_conn_make_room(struct http_worker *w, unsigned n);

#endif
