#include "web/attendant.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"

enum {
	CLIENTS_MAX = 16,
	REQUEST_MS = 5000,
	LOOK_MS = 3000,		/* is the database there? */
	LOOK_AGAIN_MS = 500,	/* it was not */
	PATIENCE_MS = 10000,	/* the database may still be starting */
	MEMORY = 1 << 20,
};

struct client {
	int fd;			/* -1: free */
	int64_t deadline_ms;
};

static void end(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

/* An error is no answer: the other side says that nobody answered. */
static void carry_out(struct attendant *t, struct client *c,
	const struct helper_request *r)
{
	struct arena *a = arena_new(t->name, MEMORY);
	struct buf packet = { .arena = a };
	struct err e;

	if (t->answer(t->db, r, a, &packet, &e) < 0)
		log_warn("%s: %s", t->name, e.text);
	else
		io_send(c->fd, buf_bytes(&packet), NULL, 0);
	if (packet.n)
		explicit_bzero(packet.p, packet.n);
	arena_free(&a);
}

static void hear(struct attendant *t, struct client *c)
{
	static unsigned char packet[HELPER_PACKET_MAX];
	struct helper_request r;
	ssize_t n = io_recv(c->fd, packet, sizeof(packet), NULL, NULL);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0 && helper_get_request(span_from(packet, (size_t)n), &r) &&
	    r.kind >= t->first && r.kind <= t->last)
		carry_out(t, c, &r);
	explicit_bzero(packet, sizeof(packet));
	end(c);
}

static struct client *free_client(struct client *clients)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (clients[i].fd < 0)
			return &clients[i];
	return NULL;
}

static void take_client(int listener, struct client *clients)
{
	struct client *c = free_client(clients);
	int fd = c ? accept4(listener, NULL, NULL, SOCK_CLOEXEC |
		SOCK_NONBLOCK) : -1;

	if (fd >= 0)
		*c = (struct client){ fd, clock_ms() + REQUEST_MS };
}

/* Did TERM come? */
static bool told_to_end(int signals)
{
	char c;

	while (read(signals, &c, 1) == 1)
		if (c == 'T')
			return true;
	return false;
}

/* Says whether anybody could be answered now. */
static void look(struct attendant *t)
{
	struct err e;

	/* A new connection does not wait longer each time. */
	if (t->is_away)
		db_free(&t->db);
	if (t->db == NULL)
		t->db = db_new(t->conninfo, t->login, t->db_ms);
	t->is_away = db_ready(t->db, &e) < 0;
	if (t->is_away && clock_ms() < t->patient_until)
		return;
	t->degraded(t->is_away ? t->away : NULL);
}

static void hear_all(struct attendant *t, struct client *clients,
	const struct pollfd *p)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (p[i].revents)
			hear(t, &clients[i]);
		else if (clients[i].fd >= 0 &&
			 clock_ms() > clients[i].deadline_ms)
			end(&clients[i]);
}

static void serve(struct attendant *t, struct client *clients, int listener,
	int signals)
{
	enum { SIGNALS, LISTENER, CLIENTS };
	int64_t looked = clock_ms();

	for (;;) {
		struct pollfd p[CLIENTS + CLIENTS_MAX] = {
			{ signals, POLLIN, 0 },
			{ free_client(clients) ? listener : -1, POLLIN, 0 },
		};

		for (size_t i = 0; i < CLIENTS_MAX; i++)
			p[CLIENTS + i] = (struct pollfd){ clients[i].fd,
				POLLIN, 0 };
		if (poll(p, CLIENTS + CLIENTS_MAX, LOOK_AGAIN_MS) < 0 &&
		    errno != EINTR)
			log_fatal("%s: poll: %s", t->name, strerror(errno));
		if (p[SIGNALS].revents && told_to_end(signals))
			return;
		hear_all(t, clients, p + CLIENTS);
		if (p[LISTENER].revents)
			take_client(listener, clients);
		if (clock_ms() - looked >= (t->is_away ? LOOK_AGAIN_MS :
		    LOOK_MS)) {
			look(t);
			looked = clock_ms();
		}
	}
}

int attendant_serve(struct attendant *t, int listener, int signals,
	void (*ready)(void), void (*degraded)(const char *text))
{
	struct client clients[CLIENTS_MAX];

	for (size_t i = 0; i < CLIENTS_MAX; i++)
		clients[i].fd = -1;
	t->degraded = degraded;
	t->patient_until = clock_ms() + PATIENCE_MS;
	look(t);
	ready();
	serve(t, clients, listener, signals);
	return 0;
}
