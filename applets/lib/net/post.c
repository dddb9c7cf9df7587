#include "net/post.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/netaddr.h"
#include "net/stream.h"
#include "net/tls.h"

enum { HEAD_MAX = 512, HOST_MAX = 254 };

struct target {
	bool secure;
	char host[HOST_MAX];
	char port[8];
	struct span path;	/* "": "/" */
};

/* One exchange: bytes go through TLS, or not. */
struct exchange {
	int fd;
	struct tls_client *client;
	struct tls *tls;	/* NULL: plain */
	int64_t deadline_ms;
};

static bool split(const char *url, struct target *t)
{
	struct span s = span_of(url), at, host;
	size_t slash, colon;

	*t = (struct target){ .secure = span_starts(s, SPAN("https://")) };
	if (s.n > POST_URL_MAX ||
	    (!t->secure && !span_starts(s, SPAN("http://"))))
		return false;
	s = span_after(s, t->secure ? 8 : 7);
	slash = span_chr(s, '/');
	at = span_sub(s, 0, slash);
	t->path = slash == SIZE_MAX ? SPAN("/") : span_after(s, slash);
	colon = span_rchr(at, ':');
	if (colon != SIZE_MAX && at.n && at.p[at.n - 1] == ']')
		colon = SIZE_MAX;
	host = span_sub(at, 0, colon);
	if (host.n > 2 && host.p[0] == '[')
		host = span_sub(host, 1, host.n - 2);
	snprintf(t->host, sizeof(t->host), "%.*s", SPAN_FMT(host));
	snprintf(t->port, sizeof(t->port), "%.*s", colon == SIZE_MAX ?
		(t->secure ? 3 : 2) : (int)(at.n - colon - 1), colon ==
		SIZE_MAX ? (t->secure ? "443" : "80") :
		(const char *)at.p + colon + 1);
	return host.n > 0 && host.n < HOST_MAX && t->port[0] &&
		span_chr(at, '@') == SIZE_MAX;
}

static int resolve(const char *host, const char *port, char out[80],
	struct err *e)
{
	const struct addrinfo want = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	char address[64], number[8];
	struct addrinfo *got;
	int bad = getaddrinfo(host, port, &want, &got);

	if (bad)
		return err_set(e, ERR_TEMPORARY, "%s: %s", host,
			gai_strerror(bad));
	bad = getnameinfo(got->ai_addr, got->ai_addrlen, address,
		sizeof(address), number, sizeof(number), NI_NUMERICHOST |
		NI_NUMERICSERV);
	snprintf(out, 80, got->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
		address, number);
	freeaddrinfo(got);
	return bad ? err_set(e, ERR_TEMPORARY, "%s: %s", host,
		gai_strerror(bad)) : 0;
}

int post_resolve(struct span host_port, char out[80], struct err *e)
{
	char host[HOST_MAX], number[8];
	struct span name;
	uint16_t port;

	if (!netaddr_split_port(host_port, &name, &port) ||
	    name.n >= sizeof(host))
		return err_set(e, ERR_PERMANENT, "%.*s is not HOST:PORT",
			SPAN_FMT(host_port));
	snprintf(host, sizeof(host), "%.*s", SPAN_FMT(name));
	snprintf(number, sizeof(number), "%u", port);
	return resolve(host, number, out, e);
}

/* After TLS_WANT_…; false: the time is over. */
static bool wait_for(const struct exchange *x, ssize_t what)
{
	struct pollfd p = { .fd = x->fd, .events = what == TLS_WANT_WRITE ?
		POLLOUT : POLLIN };

	return clock_left_ms(x->deadline_ms) > 0 &&
		poll(&p, 1, (int)clock_left_ms(x->deadline_ms)) > 0;
}

static int shake_hands(struct exchange *x, const char *host, struct err *e)
{
	char why[256];
	int got;

	while ((got = tls_handshake(x->tls)) != 1) {
		if (got == TLS_BROKEN || got == TLS_END)
			return err_set(e, ERR_TEMPORARY, "%s: %s", host,
				tls_why(x->tls, why));
		if (!wait_for(x, got))
			return err_set(e, ERR_TEMPORARY, "%s: no answer in "
				"time", host);
	}
	return 0;
}

static int say(struct exchange *x, struct span s, struct err *e)
{
	if (x->tls == NULL)
		return stream_send(x->fd, s, x->deadline_ms, e);
	while (s.n) {
		ssize_t n = tls_write(x->tls, s.p, s.n);

		if (n > 0)
			s = span_after(s, (size_t)n);
		else if (n == TLS_BROKEN || n == TLS_END || !wait_for(x, n))
			return err_set(e, ERR_TEMPORARY, "the connection "
				"broke");
	}
	return 0;
}

/* What is there; 0 at the end, -1 and *e. */
static ssize_t hear(struct exchange *x, void *p, size_t n, struct err *e)
{
	ssize_t got;

	if (x->tls == NULL)
		return stream_recv(x->fd, p, n, x->deadline_ms, e);
	for (;;) {
		got = tls_read(x->tls, p, n);
		if (got >= 0)
			return got;
		if (got == TLS_BROKEN || !wait_for(x, got))
			return err_set(e, ERR_TEMPORARY, "no answer in time");
	}
}

/* The first line says it; the rest is not read. */
static int judge(struct exchange *x, struct err *e)
{
	char head[HEAD_MAX];
	size_t n = 0, end;
	struct span line;

	for (;;) {
		ssize_t got = hear(x, head + n, sizeof(head) - n, e);

		if (got < 0)
			return -1;
		n += (size_t)got;
		end = span_chr(span_from(head, n), '\n');
		if (end != SIZE_MAX || got == 0 || n == sizeof(head))
			break;
	}
	line = span_trim(span_from(head, end == SIZE_MAX ? n : end));
	if (span_starts(line, SPAN("HTTP/1.")) && line.n >= 12 &&
	    line.p[8] == ' ' && line.p[9] == '2')
		return 0;
	return err_set(e, ERR_TEMPORARY, "it was answered \"%.*s\"",
		line.n > 100 ? 100 : (int)line.n, (const char *)line.p);
}

static int converse(struct exchange *x, const struct target *t,
	const char *type, struct span body, struct err *e)
{
	struct buf b = { 0 };
	int result;

	if (x->client) {
		x->tls = tls_connect(x->client, x->fd, t->host);
		if (x->tls == NULL)
			return err_set(e, ERR_TEMPORARY, "TLS: no memory");
		if (shake_hands(x, t->host, e) < 0)
			return -1;
	}
	buf_printf(&b, "POST %.*s HTTP/1.1\r\nHost: %s%s%s:%s\r\n"
		"User-Agent: pm\r\nContent-Type: %s\r\nContent-Length: %zu"
		"\r\nConnection: close\r\n\r\n", SPAN_FMT(t->path),
		strchr(t->host, ':') ? "[" : "", t->host,
		strchr(t->host, ':') ? "]" : "", t->port, type, body.n);
	buf_span(&b, body);
	result = say(x, buf_bytes(&b), e);
	buf_free(&b);
	return result < 0 ? -1 : judge(x, e);
}

int post_send(const char *url, const char *authorities, const char *type,
	struct span body, int64_t deadline_ms, struct err *e)
{
	struct exchange x = { .fd = -1, .deadline_ms = deadline_ms };
	struct target t;
	char where[80];
	int result = -1;

	if (!split(url, &t))
		return err_set(e, ERR_PERMANENT, "this is no URL to post to: "
			"https://HOST[:PORT]/PATH");
	if (resolve(t.host, t.port, where, e) < 0)
		return -1;
	if (t.secure)
		x.client = tls_client_new(authorities, e);
	if (!t.secure || x.client)
		x.fd = stream_connect(where, deadline_ms, e);
	if (x.fd >= 0)
		result = converse(&x, &t, type, body, e);
	if (x.tls && result == 0)
		tls_bye(x.tls);
	tls_free(&x.tls);
	tls_client_free(&x.client);
	if (x.fd >= 0)
		close(x.fd);
	return result;
}
