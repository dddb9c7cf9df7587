/*
 * fake/web FOLDER WORKERS ARRIVE_MS [CONNINFO]: web/http.h with small
 * handlers, for tests/web/server.t and session.t. Makes its certificate in
 * FOLDER, listens on a free port of loopback, prints "port N" when it serves.
 *   /fields    the fields, one a line, escaped as JSON would be
 *   /static/x  cached          /slow  answers after a second
 *   /go?to=P   303 to P        /login gives a cookie      /die  aborts
 *   /big?n=N   N bytes         /name?f=F  a download called F
 *   /logout    ends the session
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "crypto/cert.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "web/http.h"
#include "web/session.h"

static int port;

static void quoted(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == '\\')
			buf_printf(b, "\\x%02x", s.p[i]);
		else
			buf_byte(b, s.p[i]);
}

static void show_session(const struct web_session *s, struct buf *b)
{
	buf_printf(b, "who %.*s%s", SPAN_FMT(s->who), s->must_change ?
		" must change" : "");
	for (size_t i = 0; i < s->nrights; i++)
		buf_printf(b, " right %.*s", SPAN_FMT(s->rights[i]));
	for (size_t i = 0; i < s->naddresses; i++)
		buf_printf(b, " address %.*s", SPAN_FMT(s->addresses[i]));
	buf_string(b, "\n");
}

static void show_fields(const struct web_request *r, struct web_reply *reply)
{
	reply->type = "text/plain; charset=utf-8";
	buf_printf(&reply->body, "%s ", r->post ? "post" : "get");
	quoted(&reply->body, r->path);
	buf_printf(&reply->body, " from %.*s at %.*s session %s trouble %s\n",
		SPAN_FMT(r->peer), SPAN_FMT(r->host), r->session ? "yes" :
		"no", r->trouble ? r->trouble : "none");
	if (r->session)
		show_session(r->session, &reply->body);
	for (size_t i = 0; i < r->nfields; i++) {
		quoted(&reply->body, r->fields[i].name);
		buf_string(&reply->body, "=");
		quoted(&reply->body, r->fields[i].value);
		buf_string(&reply->body, "\n");
	}
}

static void big(const struct web_request *r, struct web_reply *reply)
{
	uint64_t n = 0;

	span_u64(web_field(r, "n"), 64 << 20, &n);
	reply->type = "application/octet-stream";
	memset(buf_room(&reply->body, n), 'x', n);
	reply->body.n = n;
}

static void handle(void *context, const struct web_request *r,
	struct web_reply *reply)
{
	struct err e;

	if (span_is(r->path, "/logout") && r->session &&
	    session_end(context, "csm", r->session->cookie, &e) < 0)
		log_error("%s", e.text);
	if (span_is(r->path, "/die"))
		abort();
	if (span_is(r->path, "/slow"))
		clock_sleep_ms(1000);
	if (span_is(r->path, "/go"))
		reply->location = arena_string(r->arena, web_field(r, "to"));
	if (span_is(r->path, "/login"))
		reply->set_cookie = "abc_DEF-0123456789";
	if (span_is(r->path, "/logout"))
		reply->set_cookie = "";
	if (span_is(r->path, "/name"))
		reply->file_name = arena_string(r->arena, web_field(r, "f"));
	if (span_starts(r->path, SPAN("/static/"))) {
		reply->type = "text/css";
		reply->cache = true;
	}
	if (span_is(r->path, "/big"))
		big(r, reply);
	else
		show_fields(r, reply);
}

static void *start(void *context, struct err *e)
{
	struct web_config *c = context;

	if (access("broken", F_OK) == 0)
		err_set(e, ERR_TEMPORARY, "the file \"broken\" is there");
	else if (sandbox_calls(SANDBOX_WEB_WORKER, e) == 0)
		e->class = ERR_NONE;
	return c->conninfo ? db_new(c->conninfo, "pm_csm", 1000) : NULL;
}

static void ready(void)
{
	printf("port %d\n", port);
	fflush(stdout);
}

static void degraded(const char *text)
{
	log_warn("degraded: %s", text ? text : "no more");
}

/* In the sandbox of the real role, so that it is tried with all we do. */
int main(int argc, char **argv)
{
	struct web_config c = { .listen = "127.0.0.1:0", .cert = "cert.pem",
		.key = "key.pem", .cookie = "pm-test", .scope = "csm",
		.body_max = 100000, .idle_ms = 2000, .login = "pm_csm",
		.start = start, .start_context = &c, .handle = handle };
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	struct err e;
	int fd;

	if (argc < 4 || chdir(argv[1]) < 0)
		return EXIT_USAGE;
	c.workers = (unsigned)strtoul(argv[2], NULL, 10);
	c.arrive_ms = (unsigned)strtoul(argv[3], NULL, 10);
	c.conninfo = argv[4];
	if (!cert_good(c.cert, c.key, 1) &&
	    cert_make(c.cert, c.key, "pm.example.org", &e) < 0)
		return err_report("fake", &e);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 512) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		return EXIT_LATER;
	port = ntohs(a.sin_port);
	if (sandbox_calls(SANDBOX_WEB, &e) < 0)
		return err_report("fake", &e);
	return web_serve(&c, fd, life_signals(), ready, degraded);
}
