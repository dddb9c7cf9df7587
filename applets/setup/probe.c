#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/netaddr.h"
#include "setup.h"

enum { PROBE_MS = 2000 };

/* A connection to one address before the deadline. */
static bool connects(const struct addrinfo *ai, int64_t deadline)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
		SOCK_NONBLOCK, 0), bad = 0;
	struct pollfd p = { fd, POLLOUT, 0 };
	socklen_t n = sizeof(bad);
	bool up;

	if (fd < 0)
		return false;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		up = true;
	else
		up = poll(&p, 1, (int)clock_left_ms(deadline)) == 1 &&
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &bad, &n) == 0 &&
			bad == 0;
	close(fd);
	return up;
}

bool probe_answers(const char *host_port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	int64_t deadline = clock_ms() + PROBE_MS;
	char host[256], service[8];
	struct span name;
	uint16_t port;
	bool up = false;

	if (!netaddr_split_port(span_of(host_port), &name, &port) ||
	    name.n >= sizeof(host))
		return false;
	snprintf(host, sizeof(host), "%.*s", SPAN_FMT(name));
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &hints, &all) != 0)
		return false;
	for (const struct addrinfo *ai = all; ai && !up; ai = ai->ai_next)
		up = connects(ai, deadline);
	freeaddrinfo(all);
	return up;
}
