/*
 * signer: holds the keys that sign mail; is given domain, selector and hash,
 * returns a signature, does nothing else. It reads the keys at its start, at
 * HUP, and when it is asked for one that it does not know.
 */
#include "signer.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "filter.h"
#include "listen.h"
#include "signer_keys.h"

enum {
	CONNECTIONS_MAX = 256,
	AGAIN_MS = 1000,	/* between readings that a question causes */
	POLL_STOP = 0, POLL_LISTEN, POLL_CONNECTIONS,
};

struct server {
	int listen_fd, stop_fd;
	uid_t front;		/* who may ask, besides us */
	int64_t read_ms;	/* when the keys were read */
	struct pollfd p[POLL_CONNECTIONS + CONNECTIONS_MAX];
	size_t n;
};

static void read_keys(struct server *s)
{
	struct err e;
	int result = signer_keys_read(&e);

	s->read_ms = clock_ms();
	if (result < 0)
		log_error("signer: %s", e.text);
	log_info("signer: %zu keys", signer_keys_count());
	life_trouble(ALARM_SIGNER, result < 0 ? e.text : NULL);
}

static struct sign_key *find_key(struct server *s,
	const struct signer_request *q)
{
	struct sign_key *k = signer_keys_find(q->domain, q->selector);

	if (k || clock_ms() - s->read_ms < AGAIN_MS)
		return k;
	read_keys(s);
	return signer_keys_find(q->domain, q->selector);
}

static bool is_request(const struct signer_request *q, ssize_t n)
{
	return n == (ssize_t)sizeof(*q) && q->magic == SIGNER_MAGIC &&
		memchr(q->domain, 0, sizeof(q->domain)) &&
		memchr(q->selector, 0, sizeof(q->selector));
}

/* False: the connection is done. */
static bool serve_one(struct server *s, int fd)
{
	struct signer_reply r = { .magic = SIGNER_MAGIC };
	struct signer_request q;
	ssize_t n = io_recv(fd, &q, sizeof(q), NULL, NULL);
	struct sign_key *k;
	struct err e;
	size_t size = 0;

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	if (!is_request(&q, n))
		return false;
	k = find_key(s, &q);
	if (k && sign_hash(k, q.hash, r.signature, &size, &e) < 0)
		log_error("signer: %s/%s: %s", q.domain, q.selector, e.text);
	r.n = (uint32_t)size;
	return send(fd, &r, sizeof(r), MSG_NOSIGNAL | MSG_DONTWAIT) ==
		(ssize_t)sizeof(r);
}

static bool may_ask(const struct server *s, int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
		(peer.uid == s->front || peer.uid == geteuid());
}

static void accept_one(struct server *s)
{
	int fd = accept4(s->listen_fd, NULL, NULL,
		SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (s->n == POLL_CONNECTIONS + CONNECTIONS_MAX || !may_ask(s, fd)) {
		close(fd);
		return;
	}
	s->p[s->n++] = (struct pollfd){ fd, POLLIN, 0 };
}

/* False: TERM. */
static bool obey(struct server *s)
{
	char c;

	while (read(s->stop_fd, &c, 1) == 1) {
		if (c == 'T')
			return false;
		read_keys(s);
		life_reloaded();
	}
	return true;
}

static int serve(struct server *s)
{
	s->p[POLL_STOP] = (struct pollfd){ s->stop_fd, POLLIN, 0 };
	s->p[POLL_LISTEN] = (struct pollfd){ s->listen_fd, POLLIN, 0 };
	s->n = POLL_CONNECTIONS;
	for (;;) {
		if (poll(s->p, s->n, -1) < 0 && errno != EINTR)
			log_fatal("signer: poll failed");
		if (s->p[POLL_STOP].revents && !obey(s))
			return EXIT_DONE;
		for (size_t i = s->n; i-- > POLL_CONNECTIONS;)
			if (s->p[i].revents && !serve_one(s, s->p[i].fd)) {
				close(s->p[i].fd);
				s->p[i] = s->p[--s->n];
			}
		if (s->p[POLL_LISTEN].revents)
			accept_one(s);
	}
}

static int enter_sandbox(struct err *e)
{
	static const struct sandbox_path paths[] = {
		{ KEYRING_DIR, SANDBOX_READ }, { 0 },
	};

	return sandbox_confine(paths, SANDBOX_SIGNER, e);
}

int signer_run(const struct process *p)
{
	static struct server s;
	const struct passwd *front = getpwnam("pm-milt");
	struct err e;

	s.front = front ? front->pw_uid : geteuid();
	s.listen_fd = listen_for_front(FILTER_SIGNER_SOCKET, &e);
	if (s.listen_fd < 0 || keyring_make(&e) < 0)
		return err_report("filter", &e);
	s.stop_fd = life_signals();
	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .as = 256 << 20, .nofile = 512,
		.fsize = 1 << 20 });
	if (enter_sandbox(&e) < 0)
		return err_report("filter", &e);
	read_keys(&s);
	life_ready();
	return serve(&s);
}
