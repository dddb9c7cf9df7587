#include "kick.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static union {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
} target;
static socklen_t target_size;

static int aim_unix(const char *path, struct err *e)
{
	size_t n = span_of(path).n;

	if (n >= sizeof(target.un.sun_path))
		return err_set(e, ERR_PERMANENT, "filter.listen: %s: path too "
			"long for a socket", path);
	target.un.sun_family = AF_UNIX;
	memcpy(target.un.sun_path, path, n + 1);
	target_size = sizeof(target.un);
	return 0;
}

/* "ADDRESS:PORT"; a wildcard is reached on its own loopback by the kernel. */
static int aim_inet(const char *where, struct err *e)
{
	struct span s = span_of(where), host;
	size_t colon = span_rchr(s, ':');
	char text[64];
	uint64_t port;

	host = span_sub(s, 0, colon);
	if (host.n > 1 && host.p[0] == '[')
		host = span_sub(host, 1, host.n - 2);
	snprintf(text, sizeof(text), "%.*s", SPAN_FMT(host));
	if (colon != SIZE_MAX &&
	    span_u64(span_after(s, colon + 1), 65535, &port)) {
		if (inet_pton(AF_INET, text, &target.in.sin_addr) == 1) {
			target.in.sin_family = AF_INET;
			target.in.sin_port = htons((uint16_t)port);
			target_size = sizeof(target.in);
			return 0;
		}
		if (inet_pton(AF_INET6, text, &target.in6.sin6_addr) == 1) {
			target.in6.sin6_family = AF_INET6;
			target.in6.sin6_port = htons((uint16_t)port);
			target_size = sizeof(target.in6);
			return 0;
		}
	}
	return err_set(e, ERR_PERMANENT, "filter.listen: inet:%s: not "
		"inet:ADDRESS:PORT", where);
}

int kick_start(const char *where, struct err *e)
{
	memset(&target, 0, sizeof(target));
	if (strncmp(where, "unix:", 5) == 0)
		return aim_unix(where + 5, e);
	if (strncmp(where, "inet:", 5) == 0)
		return aim_inet(where + 5, e);
	return err_set(e, ERR_PERMANENT, "filter.listen: %s: neither "
		"unix:PATH nor inet:ADDRESS:PORT", where);
}

void kick(void)
{
	int fd = socket(target.any.sa_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	/* EAGAIN: the backlog is full, so the listener is at work anyway. */
	if (connect(fd, &target.any, target_size) < 0)
		(void)fd;
	close(fd);
}
