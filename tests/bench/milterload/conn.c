/* Connections, and the one loop that drives them. */
#include "milterload.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct conn *conns;
static int ep, active;
static bool smtp_mode;
static struct sockaddr_storage addr;
static socklen_t addr_len;
static double t_start;
static volatile sig_atomic_t stop_asked;

static void conn_start(struct conn *c);

void buf_add(struct buf *b, const void *p, size_t n)
{
	size_t cap = b->cap ? b->cap : 4096;

	if (b->len + n > b->cap) {
		while (cap < b->len + n)
			cap *= 2;
		b->p = must(realloc(b->p, cap));
		b->cap = cap;
	}
	memcpy(b->p + b->len, p, n);
	b->len += n;
}

/* ---- where to -------------------------------------------------------- */

static void set_unix(const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&addr;

	if (strlen(path) >= sizeof un->sun_path)
		die("%s: the path is too long for a socket", path);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	addr_len = sizeof *un;
}

/* PORT@HOST, HOST:PORT, or PORT here. */
static void set_inet(const char *s)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV }, *ai;
	const char *at = strchr(s, '@'), *colon = strrchr(s, ':');
	char host[256] = "127.0.0.1", port[32];

	if (at) {
		snprintf(port, sizeof port, "%.*s", (int)(at - s), s);
		snprintf(host, sizeof host, "%s", at + 1);
	} else if (colon) {
		snprintf(host, sizeof host, "%.*s", (int)(colon - s), s);
		snprintf(port, sizeof port, "%s", colon + 1);
	} else {
		snprintf(port, sizeof port, "%s", s);
	}
	if (getaddrinfo(host, port, &hints, &ai) != 0)
		die("cannot resolve socket '%s'", s);
	memcpy(&addr, ai->ai_addr, ai->ai_addrlen);
	addr_len = ai->ai_addrlen;
	freeaddrinfo(ai);
}

void conn_set_address(const char *s)
{
	smtp_mode = strncmp(s, "smtp:", 5) == 0;
	if (smtp_mode)
		s += 5;
	if (*s == '/')
		set_unix(s);
	else if (strncmp(s, "unix:", 5) == 0 || strncmp(s, "local:", 6) == 0)
		set_unix(strchr(s, ':') + 1);
	else if (strncmp(s, "inet:", 5) == 0 || strncmp(s, "inet6:", 6) == 0)
		set_inet(strchr(s, ':') + 1);
	else
		set_inet(s);
}

void conn_wait_address(void)
{
	double end = now() + opt.wait;
	int fd, r, why;

	for (;;) {
		fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		r = connect(fd, (struct sockaddr *)&addr, addr_len);
		why = errno;
		close(fd);
		if (r == 0)
			return;
		if (now() > end)
			die("%s: %s", opt.socket, strerror(why));
		usleep(50000);
	}
}

/* ---- one connection --------------------------------------------------- */

void conn_stop(void)
{
	stop_asked = 1;
}

bool conn_more_work(void)
{
	return !stop_asked && now() - t_start <= opt.seconds &&
		cnt.errors < opt.max_errors && cnt.started < opt.n + opt.warm;
}

static void set_events(struct conn *c)
{
	uint32_t want = EPOLLIN;
	struct epoll_event e = { .data.ptr = c };

	if (c->state == C_CONNECTING || c->out.off < c->out.len)
		want |= EPOLLOUT;
	if (want == c->ev)
		return;
	e.events = want;
	epoll_ctl(ep, c->ev ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e);
	c->ev = want;
}

void conn_take(struct conn *c)
{
	c->serial = cnt.started++;
	c->m = message_at(c->serial);
	c->idx = 0;
	c->body_off = 0;
	c->rcpt_ok = 0;
	c->more = c->skip_body = false;
	c->headers.len = 0;
	c->t_msg = now();
	c->t_eob = 0;
}

void conn_finish(struct conn *c, enum verdict v, const char *detail)
{
	cnt.errors += v == V_ERROR;
	cnt.finished++;
	report_message(c, v, detail);
	c->m = NULL;
	c->more = false;
}

static void conn_close(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->state != C_IDLE)
		active--;
	c->fd = -1;
	c->ev = 0;
	c->state = C_IDLE;
	c->in.len = c->in.off = c->out.len = c->out.off = 0;
}

void conn_fail(struct conn *c, long *counter, const char *why)
{
	++*counter;
	if (!opt.quiet && cnt.errors < 5)
		fprintf(stderr, "milterload: %s at %s: %s\n", why,
			stage_name(c->stage), strerror(errno));
	if (c->m)
		conn_finish(c, V_ERROR, why);
	else
		cnt.errors++;
	conn_close(c);
}

void conn_quit(struct conn *c, const char *words, size_t n)
{
	send(c->fd, words, n, MSG_NOSIGNAL);
	conn_close(c);
	if (conn_more_work())
		conn_start(c);
}

/* A full backlog of a UNIX socket says EAGAIN: tried again for a while. */
static bool begin_connect(int fd)
{
	for (int tries = 0; tries < 2000; tries++) {
		if (connect(fd, (struct sockaddr *)&addr, addr_len) == 0 ||
				errno == EINPROGRESS)
			return true;
		if (errno != EAGAIN)
			return false;
		usleep(1000);
	}
	return false;
}

static void conn_start(struct conn *c)
{
	int one = 1;

	conn_take(c);
	c->stage = S_NEG;
	c->in_conn = 0;
	c->need_abort = c->conn_accepted = false;
	c->proto = 0;
	c->t_op = now();
	c->fd = socket(addr.ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket: %s", strerror(errno));
	if (addr.ss_family != AF_UNIX)
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	active++;
	c->state = C_CONNECTING;
	cnt.connects++;
	if (!begin_connect(c->fd)) {
		conn_fail(c, &cnt.err_connect, "connect");
		return;
	}
	if (!smtp_mode)
		milter_open(c);
	set_events(c);
}

static void conn_write(struct conn *c)
{
	struct buf *b = &c->out;
	ssize_t n;

	for (;;) {
		if (b->off == b->len) {
			b->off = b->len = 0;
			if (!c->more)
				return;
			milter_push(c);
		}
		n = send(c->fd, b->p + b->off, b->len - b->off, MSG_NOSIGNAL);
		if (n >= 0) {
			b->off += (size_t)n;
			c->t_op = now();
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			/* an early verdict may be there to read */
			c->more = false;
			b->off = b->len = 0;
			return;
		}
	}
}

static void conn_read(struct conn *c)
{
	char tmp[65536];
	ssize_t n = recv(c->fd, tmp, sizeof tmp, 0);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		if (n == 0)
			errno = ECONNRESET;
		conn_fail(c, &cnt.err_closed, "closed by the milter");
		if (conn_more_work())
			conn_start(c);
		return;
	}
	buf_add(&c->in, tmp, (size_t)n);
	if (smtp_mode)
		smtp_input(c);
	else
		milter_input(c);
}

/* ---- all of them ------------------------------------------------------- */

/* False, and the connection closed, when connect() came to nothing. */
static bool connected(struct conn *c)
{
	int err = 0;
	socklen_t l = sizeof err;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
	if (err) {
		errno = err;
		conn_fail(c, &cnt.err_connect, "connect");
		return false;
	}
	c->state = C_OPEN;
	return true;
}

static void handle_event(struct conn *c, uint32_t events)
{
	if (c->state == C_IDLE || (c->state == C_CONNECTING && !connected(c)))
		return;
	if (events & EPOLLOUT)
		conn_write(c);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		conn_read(c);
	if (c->state == C_OPEN)
		conn_write(c);
	if (c->state != C_IDLE)
		set_events(c);
}

/* Ends what hangs longer than limit, and starts what an error stopped. */
static void scan(double limit)
{
	for (int i = 0; i < opt.conc; i++) {
		struct conn *c = &conns[i];
		if (c->state != C_IDLE && now() - c->t_op > limit) {
			errno = ETIMEDOUT;
			conn_fail(c, &cnt.err_timeout, "time-out");
		}
		if (c->state == C_IDLE && conn_more_work())
			conn_start(c);
	}
}

static void start_all(void)
{
	t_start = now();
	conns = must(calloc((size_t)opt.conc, sizeof *conns));
	for (int i = 0; i < opt.conc; i++) {
		conns[i].fd = -1;
		if (conn_more_work())
			conn_start(&conns[i]);
	}
}

/* After errors it goes on, unless nothing ever worked. */
static bool unfinished(void)
{
	return active > 0 || (cnt.errors > 0 && cnt.finished > cnt.errors &&
		conn_more_work());
}

void conn_run(void)
{
	struct epoll_event ev[256];
	bool warm = opt.warm > 0;
	double last_scan;

	ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0)
		die("epoll: %s", strerror(errno));
	start_all();
	last_scan = now();
	while (unfinished()) {
		int n = epoll_wait(ep, ev, 256, 250);
		for (int i = 0; i < n; i++)
			handle_event(ev[i].data.ptr, ev[i].events);
		if (warm && cnt.finished >= opt.warm) {
			warm = false;
			measure_reset();
		}
		if (now() - last_scan > 0.25) {
			last_scan = now();
			scan(opt.timeout);
		}
		/* a hard end: the run's limit and one operation's */
		if (now() - t_start > opt.seconds + opt.timeout)
			scan(-1);
	}
}
