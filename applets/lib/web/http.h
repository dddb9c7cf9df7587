/*
 * HTTP for our pages: a server of few, trusted handlers and many untrusted
 * clients. TLS always (net/tls.h), on libevent's loop.
 *
 * Requests are read by web/http_head.h rather than evhttp: libevent 2.1's
 * takes two Host fields and bare line feeds, bounds no request's time as a
 * whole, and answers bad ones with pages of its own, without our headers.
 *
 * web_serve() forks workers that accept on one socket; each handles one
 * request at a time, so a handler may block for as long as its statements'
 * deadline. Limits: head 16 KiB, body `body_max`, 20 s for a request to
 * arrive, 60 s idle, 256 connections a worker. Everything beyond is answered
 * by a plain page with 400, 405, 408, 411, 413, 414, 415, 417, 431 or 505;
 * when all connections are taken, those of the peer that has the most are
 * closed, the oldest first.
 *
 * Before a handler runs: method is GET, HEAD or POST; no name stands both in
 * the query and in the form; a POST must have an Origin (or Referer) of this
 * very host, and, when there is a session, one csrf field that matches its
 * own (403). Paths below /static/ are answered without a session. Every
 * reply carries the headers of SECURITY.md (CSP, no-store, nosniff,
 * frame-ancestors, referrer-policy, HSTS).
 *
 * The parent only forks and waits: a role confines itself (sandbox_paths,
 * then sandbox_calls(SANDBOX_WEB)) after web_bind and before web_serve, with
 * the certificate's folder readable; workers inherit it, and config->start
 * may enter SANDBOX_WEB_WORKER, which cannot fork.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct web_pair {
	struct span name, value;
};

/* Who asks; made from the session table. */
struct web_session {
	struct span who;	/* "admin" */
	struct span *rights;	/* "all", "quarantine" … */
	size_t nrights;
	struct span *addresses;	/* whose mail: end users */
	size_t naddresses;
	bool must_change;	/* only the page that sets a password */
	struct span csrf;
	struct span cookie;	/* the token's text, for the login helper */
};

struct web_request {
	bool post;		/* else GET or HEAD */
	struct span path;	/* decoded, begins with '/', no "..", no NUL */
	struct web_pair *fields; /* query, then form: decoded UTF-8 */
	size_t nfields;
	struct span peer;	/* "192.0.2.1" */
	struct span host;	/* what it calls us: "pm.example.org:18080" */
	const struct web_session *session; /* NULL: nobody is logged in */
	const char *trouble;	/* the session could not be looked up: why */
	struct arena *arena;	/* until the reply is sent */
};

/* The first field of that name; p NULL: absent. */
struct span web_field(const struct web_request *r, const char *name);

enum { WEB_HEADERS_MAX = 8 };

struct web_reply {
	unsigned status;	/* 0: 200 */
	const char *type;	/* NULL: text/html; charset=utf-8 */
	struct buf body;	/* in the request's arena */
	const char *location;	/* 303 to this path of ours; NULL: none */
	const char *set_cookie;	/* a token's text; "": forget it */
	const char *file_name;	/* Content-Disposition: attachment */
	bool cache;		/* a static file: an hour, immutable name */
};

struct web_config {
	const char *listen;	/* "ADDRESS:PORT" */
	const char *cert, *key;	/* PEM files */
	const char *cookie;	/* "pm-csm": __Host- goes before it */
	const char *scope;	/* "csm": of the session table */
	const char *conninfo, *login; /* for sessions (db/db.h) */
	unsigned workers;
	size_t body_max;
	unsigned arrive_ms, idle_ms; /* 0: 20 s, 60 s */
	/* In each worker, before the first request; context for handle. */
	void *(*start)(void *start_context, struct err *e);
	void *start_context;
	void (*handle)(void *context, const struct web_request *r,
		struct web_reply *reply);
};

/*
 * Binds (before power is given up by the caller), then returns a descriptor;
 * -1: temporary (port in use) or permanent.
 */
int web_bind(const char *listen, struct err *e);
/*
 * Serves until TERM (read from `signals`: 'T'; 'H' is nothing); restarts a
 * worker that died, and ends each after 10,000 requests. Calls ready() when
 * the first worker answers. An exit code.
 */
int web_serve(const struct web_config *c, int listener, int signals,
	void (*ready)(void), void (*degraded)(const char *text));

#endif
