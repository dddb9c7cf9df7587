#include "listen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "role/life.h"
#include "role/listen.h"

enum { CONNECTIONS_MAX = 32, REQUEST_MAX = 65536, POLL_STOP = 0, POLL_LISTEN,
	POLL_CONNECTIONS };

int listen_for_front(const char *path, struct err *e)
{
	return listen_for(path, "pm-milt", e);
}

/* Every question gets the same answer; false: the connection is done. */
static bool refuse(int fd, const char *name)
{
	static unsigned char request[REQUEST_MAX];
	char text[80];
	ssize_t n = io_recv(fd, request, sizeof(request), NULL, NULL);

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	n = snprintf(text, sizeof(text), "later %s: not in this version\n",
		name);
	return send(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n;
}

static void accept_one(int listen_fd, struct pollfd *p, size_t *n)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (*n == POLL_CONNECTIONS + CONNECTIONS_MAX) {
		close(fd);
		return;
	}
	p[(*n)++] = (struct pollfd){ fd, POLLIN, 0 };
}

static int serve(int listen_fd, int stop_fd, const char *name)
{
	struct pollfd p[POLL_CONNECTIONS + CONNECTIONS_MAX] = {
		[POLL_STOP] = { stop_fd, POLLIN, 0 },
		[POLL_LISTEN] = { listen_fd, POLLIN, 0 },
	};
	size_t n = POLL_CONNECTIONS;
	char c;

	for (;;) {
		if (poll(p, n, -1) < 0 && errno != EINTR)
			log_fatal("%s: poll failed", name);
		if (p[POLL_STOP].revents && read(stop_fd, &c, 1) == 1 &&
		    c == 'T')
			return EXIT_DONE;
		for (size_t i = n; i-- > POLL_CONNECTIONS;)
			if (p[i].revents && !refuse(p[i].fd, name)) {
				close(p[i].fd);
				p[i] = p[--n];
			}
		if (p[POLL_LISTEN].revents)
			accept_one(listen_fd, p, &n);
	}
}

int listen_unavailable(const struct process *p, const char *path,
	enum sandbox_profile profile)
{
	struct err e;
	int listen_fd = listen_for_front(path, &e), stop_fd = life_signals();

	if (listen_fd < 0)
		return err_report("filter", &e);
	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .as = 256 << 20, .nofile = 64,
		.fsize = 1 << 20 });
	if (sandbox_confine(NULL, profile, &e) < 0)
		return err_report("filter", &e);
	life_ready();
	return serve(listen_fd, stop_fd, p->name);
}
