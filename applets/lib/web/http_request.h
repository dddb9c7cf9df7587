/*
 * One request from its bytes to the bytes of its answer: what web/http.h
 * promises before and after a handler runs. Knows no connection.
 */
#ifndef WEB_HTTP_REQUEST_H
#define WEB_HTTP_REQUEST_H

#include "db/db.h"
#include "web/http_head.h"
#include "web/http_reply.h"

/* What a worker has for all its requests. */
struct http_site {
	const struct web_config *config;
	void *context;		/* from config->start */
	struct db *db;		/* of sessions; NULL: nobody is logged in */
};

/*
 * Answers. answer->close comes as what the connection wants; a request that
 * cannot be understood closes it, too.
 */
void http_request_answer(const struct http_site *site,
	const struct http_head *h, struct span body, struct span peer,
	struct arena *a, struct http_answer *answer);

/* A page about a status (http_head_parse), which closes the connection. */
void http_request_refuse(unsigned status, struct arena *a,
	struct http_answer *answer);

/* Is it a form of a page of this host? (RFC 6454 section 7, 9110 10.1.3) */
bool http_request_from_us(const struct http_head *h);
/*
 * The value of the cookie `name` when it comes once and looks like a token;
 * else empty.
 */
struct span http_request_token(struct span cookies, const char *name);

#endif
