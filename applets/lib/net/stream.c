#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/netaddr.h"

union address {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Waits for an event until the deadline; 0 or -1 with errno. */
static int wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		int64_t left = clock_left_ms(deadline_ms);

		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
	} while ((n < 0 && errno == EINTR) ||
		(n == 0 && clock_left_ms(deadline_ms) > 0));
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0 ? 0 : -1;
}

static socklen_t parse_unix(struct span path, union address *a)
{
	memset(a, 0, sizeof(*a));
	a->un.sun_family = AF_UNIX;
	if (path.n == 0 || path.n >= sizeof(a->un.sun_path))
		return 0;
	memcpy(a->un.sun_path, path.p, path.n);
	return sizeof(a->un);
}

/* The address of a server; its size, 0 when it is none. */
static socklen_t parse(const char *where, union address *a)
{
	struct span s = span_of(where), host;
	struct netaddr addr;
	uint16_t port;

	if (span_starts(s, SPAN("unix:")))
		return parse_unix(span_after(s, 5), a);
	if (span_starts(s, SPAN("inet:")))
		s = span_after(s, 5);
	memset(a, 0, sizeof(*a));
	if (!netaddr_split_port(s, &host, &port) ||
	    !netaddr_parse(host, &addr))
		return 0;
	if (addr.n == sizeof(a->in.sin_addr)) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
		memcpy(&a->in.sin_addr, addr.b, sizeof(a->in.sin_addr));
		return sizeof(a->in);
	}
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(port);
	memcpy(&a->in6.sin6_addr, addr.b, sizeof(a->in6.sin6_addr));
	return sizeof(a->in6);
}

/* The end of a connect that did not finish at once. */
static int finish_connect(int fd, int64_t deadline_ms)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (wait_for(fd, POLLOUT, deadline_ms) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return -1;
	errno = error;
	return error ? -1 : 0;
}

int stream_connect(const char *where, int64_t deadline_ms, struct err *e)
{
	union address a;
	socklen_t n = parse(where, &a);
	int fd;

	if (n == 0)
		return err_set(e, ERR_PERMANENT, "%s: not unix:PATH or "
			"ADDRESS:PORT", where);
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK |
		SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, ERR_TEMPORARY, "socket");
	if (connect(fd, &a.any, n) == 0)
		return fd;
	if (errno == EINPROGRESS && finish_connect(fd, deadline_ms) == 0)
		return fd;
	err_errno(e, ERR_TEMPORARY, "%s: cannot connect", where);
	close(fd);
	return -1;
}

int stream_send(int fd, struct span s, int64_t deadline_ms, struct err *e)
{
	while (s.n) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n >= 0)
			s = span_after(s, (size_t)n);
		else if (errno == EAGAIN &&
		    wait_for(fd, POLLOUT, deadline_ms) == 0)
			continue;
		else if (errno != EINTR)
			return err_errno(e, ERR_TEMPORARY, "cannot send");
	}
	return 0;
}

ssize_t stream_recv(int fd, void *p, size_t n, int64_t deadline_ms,
	struct err *e)
{
	for (;;) {
		ssize_t got = recv(fd, p, n, 0);

		if (got >= 0)
			return got;
		if (errno == EAGAIN && wait_for(fd, POLLIN, deadline_ms) == 0)
			continue;
		if (errno != EINTR)
			return err_errno(e, ERR_TEMPORARY, "no answer");
	}
}
