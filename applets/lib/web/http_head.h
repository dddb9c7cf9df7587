/*
 * The head of an HTTP request (RFC 9112), read strictly: where two readers
 * could disagree, it is refused. Pure: no connection, no memory of its own;
 * spans point into the head.
 */
#ifndef WEB_HTTP_HEAD_H
#define WEB_HTTP_HEAD_H

#include "base/span.h"

enum {
	HTTP_HEAD_MAX = 16384,	/* beyond: 431, or 414 in its first line */
	HTTP_TARGET_MAX = 8000,	/* beyond: 414 */
	HTTP_LINES_MAX = 100,	/* fields; beyond: 431 */
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

struct http_head {
	enum http_method method;
	bool keep;		/* the connection may serve another request */
	bool expects;		/* waits for 100 before it sends the body */
	uint64_t length;	/* of the body */
	struct span path, query;	/* as they came */
	struct span host;	/* "name" or "name:port": letters, digits,
				   '-', '.', '_' or an address in brackets */
	/* The values; p NULL: there is none. */
	struct span type, cookie, origin, referer;
};

/*
 * The length of the head with its empty line, 0: not all is there. *from_r
 * starts as 0 and says where to go on looking.
 */
size_t http_head_end(struct span s, size_t *from_r);

/*
 * Reads a complete head: 0, or the status to answer with: 400, 411 (a
 * chunked body), 414, 417, 431, 505. The connection is then closed.
 */
unsigned http_head_parse(struct span head, struct http_head *h);

#endif
