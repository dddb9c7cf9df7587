/*
 * Replies as bytes: the status line and every header (SECURITY.md), and the
 * plain pages that say what was wrong with a request.
 */
#ifndef WEB_HTTP_REPLY_H
#define WEB_HTTP_REPLY_H

#include "web/http.h"

/* What goes out. body is borrowed from the reply. */
struct http_answer {
	struct buf head;
	struct span body;	/* empty for HEAD */
	bool close;		/* then the connection ends */
};

/*
 * Writes the head for a reply; cookie: web_config's. close is kept. A reply
 * that cannot be sent as it is (a location of somebody else, a control byte
 * in a header) is logged and becomes a page with 500.
 */
void http_reply_write(struct web_reply *r, const char *cookie, bool head_only,
	struct arena *a, struct http_answer *answer);

/* A page about a status, in the arena of r->body. */
void http_reply_error(unsigned status, struct web_reply *r);

/*
 * For who spoke HTTP without TLS, or was not heard to the end: a whole
 * reply as bytes, which closes the connection.
 */
void http_reply_bare(unsigned status, bool tls, struct buf *b);

enum { HTTP_SPEAK_HTTPS = 1 };	/* a status of ours: 400, "speak https" */

#endif
