#include "net/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/question.h"
#include "base/rate.h"
#include "net/dns.h"
#include "net/virus.h"
#include "net/zones.h"

enum {
	REQUEST_MAX = 4096,
	/* DNS questions in all, those that nobody waits for included. */
	DNS_FLYING_MAX = 4096,
	/* Unread answers of one connection; more: it does not listen. */
	UNREAD_MAX = 4 << 20,
	/* So many in a row without an answer: it is the resolver. */
	DNS_SILENT_MIN = 8,
	NOTE_MS = 2000,	/* between two of them */
	/* The descriptors polled before those of the connections. */
	POLL_LISTEN = 0, POLL_STOP, POLL_DNS, POLL_VIRUS, POLL_CONNECTIONS,
};

/* An answer that its connection has no room for yet. */
struct unread {
	struct unread *next;
	size_t n;
	unsigned char bytes[];
};

struct connection {
	int fd;
	unsigned flying;	/* questions without an answer */
	size_t unread_bytes;
	struct unread *unread, **unread_end;
	bool closing;
};

/*
 * A question at work. One that was answered by time, or whose connection is
 * gone, has connection NULL and waits only for its source to let go of it.
 */
struct flight {
	struct broker *broker;
	struct connection *connection;
	uint32_t id;
	int64_t deadline_ms;	/* 0: its source keeps the time */
	struct zone *zone;	/* NULL: of none, or it was told the end */
	bool list;		/* a question to a DNS list */
	bool proof;		/* … of our own: does the zone lie? */
	struct flight *next, **back;
};

struct broker {
	struct rate_table *rates;	/* NULL: nobody asked yet */
	const struct broker_settings *s;
	struct dns *dns;
	struct virus_engines *virus; /* NULL: none is wired */
	struct zones *zones;
	struct connection **connections;
	size_t nconnections;
	struct pollfd *polls;
	/* Oldest first. */
	struct flight *flights, **flights_end;
	unsigned dns_flying, dns_silent;
	int64_t note_ms;	/* when to tell the next at the earliest */
	bool note_due;		/* there is something new */
	char dns_why[128], virus_trouble[512];
};

static void *make(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL)
		log_fatal("broker: out of memory");
	return p;
}

/* Tells what is out of order, DNS and virus engine together. */
static void tell_state(const struct broker *b)
{
	char text[768];

	if (b->s->degraded == NULL)
		return;
	snprintf(text, sizeof(text), "%s", b->virus_trouble);
	if (*b->dns_why) {
		size_t n = span_of(text).n;

		snprintf(text + n, sizeof(text) - n, "%sDNS does not answer "
			"(%s): policy sees \"later\"", n ? "; " : "",
			b->dns_why);
	}
	b->s->degraded(*text ? text : NULL);
}

static void note_dns(struct broker *b, const char *why)
{
	bool was = *b->dns_why;

	if (why == NULL) {
		b->dns_silent = 0;
		b->dns_why[0] = 0;
	} else if (++b->dns_silent >= DNS_SILENT_MIN) {
		snprintf(b->dns_why, sizeof(b->dns_why), "%s", why);
	}
	if (was != (*b->dns_why != 0))
		tell_state(b);
}

static void keep_unread(struct connection *c, struct span s)
{
	struct unread *u = make(sizeof(*u) + s.n);

	u->n = s.n;
	for (size_t i = 0; i < s.n; i++)
		u->bytes[i] = s.p[i];
	*c->unread_end = u;
	c->unread_end = &u->next;
	c->unread_bytes += s.n;
	if (c->unread_bytes > UNREAD_MAX) {
		log_warn("broker: a connection does not read its answers: "
			"closed");
		c->closing = true;
	}
}

/* Sends or keeps one datagram. */
static void put(struct connection *c, struct span s)
{
	if (c->unread || send(c->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT) <
	    0) {
		if (c->unread || errno == EAGAIN || errno == EINTR)
			keep_unread(c, s);
		else
			c->closing = true;
	}
}

/* The connection has room again. */
static void flush(struct connection *c)
{
	while (c->unread) {
		struct unread *u = c->unread;

		if (send(c->fd, u->bytes, u->n, MSG_NOSIGNAL |
		    MSG_DONTWAIT) < 0) {
			c->closing = errno != EAGAIN && errno != EINTR;
			return;
		}
		c->unread_bytes -= u->n;
		c->unread = u->next;
		if (c->unread == NULL)
			c->unread_end = &c->unread;
		free(u);
	}
}

static void answer(struct connection *c, uint32_t id, struct question *q)
{
	struct buf b = { 0 };

	if (c->closing)
		return;
	question_put_answer(&b, id, q);
	put(c, buf_bytes(&b));
	buf_free(&b);
}

static void answer_short(struct connection *c, uint32_t id,
	enum ask_state state, const char *text)
{
	struct question q = { .state = state, .text = span_of(text) };

	answer(c, id, &q);
}

static struct flight *take_off(struct broker *b, struct connection *c,
	uint32_t id, int64_t deadline_ms)
{
	struct flight *f = make(sizeof(*f));

	*f = (struct flight){ .broker = b, .connection = c, .id = id,
		.deadline_ms = deadline_ms, .back = b->flights_end };
	*b->flights_end = f;
	b->flights_end = &f->next;
	if (c)
		c->flying++;
	return f;
}

/* Nobody waits for it any more; its source still knows it. */
static void desert(struct flight *f)
{
	if (f->connection)
		f->connection->flying--;
	f->connection = NULL;
}

static void land(struct flight *f)
{
	desert(f);
	*f->back = f->next;
	if (f->next)
		f->next->back = f->back;
	else
		f->broker->flights_end = f->back;
	free(f);
}

/* Gives up what else a zone was asked that rests from now on. */
static void give_up(struct broker *b, const struct zone *z)
{
	for (struct flight *f = b->flights; f; f = f->next) {
		if (f->zone != z || f->connection == NULL)
			continue;
		zone_end(f->zone, false, clock_ms());
		f->zone = NULL;
		answer_short(f->connection, f->id, ASK_LATER, "rests: too "
			"many questions without an answer");
		desert(f);
	}
}

/* A question ended; of one of a list only that list hears of silence. */
static void note_end(struct flight *f, const char *why)
{
	struct zone *z = f->zone;

	f->zone = NULL;
	if (!f->list || why == NULL)
		note_dns(f->broker, why);
	if (z && zone_end(z, why == NULL, clock_ms()))
		give_up(f->broker, z);
}

/*
 * What must not be listed was asked for. 127.255.255.0/24 is a refusal, which
 * the asker sees himself.
 */
static void note_proof(struct flight *f, const struct dns_answer *a)
{
	enum zone_proof proof = a->state == DNS_LATER ? ZONE_UNPROVED :
		ZONE_GOOD;

	for (size_t i = 0; i < a->nrecords; i++) {
		const unsigned char *p = a->records[i].p;

		if (a->records[i].n == 4 &&
		    !(p[0] == 127 && p[1] == 255 && p[2] == 255))
			proof = ZONE_LIES;
	}
	zone_proved(f->zone, proof, clock_ms());
	f->zone = NULL;
}

static void on_dns(void *context, const struct dns_answer *a)
{
	static const enum ask_state states[] = {
		[DNS_FOUND] = ASK_YES, [DNS_NONE] = ASK_NO,
		[DNS_LATER] = ASK_LATER,
	};
	struct flight *f = context;
	struct question q = { .state = states[a->state],
		.records = (struct span *)(uintptr_t)a->records,
		.nrecords = a->nrecords,
		.text = span_of(a->why ? a->why : "") };
	f->broker->dns_flying--;
	if (f->proof)
		note_proof(f, a);
	else
		note_end(f, a->why);
	if (f->connection)
		answer(f->connection, f->id, &q);
	land(f);
}

/* Sends a question; false: it did not leave, nobody will call. */
static bool send_dns(struct flight *f, struct span name, uint16_t type,
	struct err *e)
{
	f->broker->dns_flying++;
	if (dns_ask(f->broker->dns, name, type, on_dns, f, e) == 0)
		return true;
	f->broker->dns_flying--;
	return false;
}

/* Beside a question: is the zone one that may be believed? */
static void ask_proof(struct broker *b, const struct question *q,
	struct zone *z)
{
	struct span zone = span_after(q->name, q->name.n - q->zone);
	struct buf name = { 0 };
	struct flight *f;
	struct err e;

	if (q->clean.n == 0 || !zone_wants_proof(z, clock_ms()))
		return;
	f = take_off(b, NULL, 0, 0);
	f->zone = z;
	f->proof = true;
	buf_span(&name, q->clean);
	buf_byte(&name, '.');
	buf_span(&name, zone);
	if (!send_dns(f, buf_bytes(&name), q->type, &e)) {
		zone_proved(z, ZONE_UNPROVED, clock_ms());
		land(f);
	}
	buf_free(&name);
}

/* Why a list is not asked; NULL: it is. */
static const char *ask_zone(struct broker *b, const struct question *q,
	struct zone **z_r)
{
	const char *why;

	*z_r = q->zone == 0 ? NULL : zones_find(b->zones,
		span_after(q->name, q->name.n - q->zone), clock_ms());
	if (*z_r == NULL)
		return NULL;
	ask_proof(b, q, *z_r);
	why = zone_begin(*z_r, q->clean.n > 0, clock_ms());
	return why;
}

static int64_t patience(const struct broker *b, const struct question *q)
{
	int64_t own = q->patience_ms;

	return own && own < b->s->dns_timeout_ms ? own : b->s->dns_timeout_ms;
}

static void ask_dns(struct broker *b, struct connection *c, uint32_t id,
	const struct question *q)
{
	struct flight *f;
	struct zone *zone;
	const char *why;
	struct err e;

	if (b->dns_flying >= DNS_FLYING_MAX) {
		answer_short(c, id, ASK_LATER, "too many DNS questions");
		return;
	}
	why = ask_zone(b, q, &zone);
	if (why) {
		answer_short(c, id, ASK_LATER, why);
		return;
	}
	f = take_off(b, c, id, clock_ms() + patience(b, q));
	f->zone = zone;
	f->list = zone != NULL;
	if (send_dns(f, q->name, q->type, &e))
		return;
	if (zone)
		zone_cancel(zone);
	land(f);
	/* What is no name has no records. */
	answer_short(c, id, e.class == ERR_PERMANENT ? ASK_NO : ASK_LATER,
		e.text);
}

/* Takes fd over. */
static void ask_virus(struct broker *b, struct connection *c, uint32_t id,
	int fd)
{
	int64_t deadline = clock_ms() + b->s->virus_timeout_ms;

	if (b->virus && !virus_engines_full(b->virus)) {
		virus_engines_scan(b->virus, fd, deadline,
			take_off(b, c, id, 0));
		return;
	}
	close(fd);
	if (b->virus)
		answer_short(c, id, ASK_LATER, "virus engine: too many scans");
	else
		answer_short(c, id, ASK_OFF, "");
}

static void on_virus(struct flight *f, const struct virus_answer *a)
{
	static const enum ask_state states[] = {
		[VIRUS_SAYS_CLEAN] = ASK_NO, [VIRUS_SAYS_FOUND] = ASK_YES,
		[VIRUS_SAYS_UNABLE] = ASK_UNABLE,
		[VIRUS_SAYS_LATER] = ASK_LATER,
	};

	if (f->connection)
		answer_short(f->connection, f->id, states[a->says], a->text);
	land(f);
}

static void collect_virus(struct broker *b)
{
	struct virus_answer a;
	void *context;

	while (virus_engines_next(b->virus, &context, &a))
		on_virus(context, &a);
	b->note_due = true;
	if (virus_engines_trouble(b->virus, b->virus_trouble,
	    sizeof(b->virus_trouble)))
		tell_state(b);
}

/* Of two times to wait, where -1 is for ever. */
static int sooner(int a, int b)
{
	return b < 0 || (a >= 0 && a < b) ? a : b;
}

/* The ms until there is something to tell, -1: nothing is new. */
static int tell_note(struct broker *b, int64_t now_ms)
{
	char note[VIRUS_NOTE_SIZE];

	if (!b->note_due)
		return -1;
	if (now_ms < b->note_ms)
		return (int)(b->note_ms - now_ms);
	virus_engines_note(b->virus, note);
	b->s->note(note);
	b->note_ms = now_ms + NOTE_MS;
	b->note_due = false;
	return -1;
}

/* Now and then: who are the engines? The ms until the next time. */
static int look_at_virus(struct broker *b, int64_t now_ms)
{
	if (b->virus == NULL || b->s->note == NULL)
		return -1;
	return sooner(virus_engines_probe(b->virus, now_ms),
		tell_note(b, now_ms));
}

/* False: not a request. */
static bool ask_rate(struct broker *b, struct connection *c, uint32_t id,
	struct span request)
{
	struct buf record = { 0 };
	struct rate_counts counts = { 0 };
	struct rate_request r;
	struct span bytes;
	struct question q = { .state = ASK_YES, .records = &bytes,
		.nrecords = 1 };

	if (!rate_get_request(request, &r))
		return false;
	if (b->rates == NULL)
		b->rates = rate_new();
	if (r.add)
		rate_add(b->rates, r.key, &r.counts, clock_ms());
	else
		rate_get(b->rates, r.key, r.seconds, clock_ms(), &counts);
	rate_put_counts(&record, &counts);
	bytes = buf_bytes(&record);
	answer(c, id, &q);
	buf_free(&record);
	return true;
}

/* One request, as the scanner sent it; false: not a request. */
static bool request(struct broker *b, struct connection *c, struct span s,
	const int *fds, size_t nfds)
{
	struct question q;
	uint32_t id;

	if (!question_get_request(s, &id, &q) ||
	    nfds != (q.kind == ASK_VIRUS ? 1 : 0) ||
	    (nfds && !virus_fd_good(fds[0]))) {
		for (size_t i = 0; i < nfds; i++)
			close(fds[i]);
		return false;
	}
	if (q.kind == ASK_DNS)
		ask_dns(b, c, id, &q);
	else if (q.kind == ASK_VIRUS)
		ask_virus(b, c, id, fds[0]);
	else if (q.kind == ASK_RATE)
		return ask_rate(b, c, id, q.name);
	else
		answer_short(c, id, ASK_LATER, "sender history: not in this "
			"version");
	return true;
}

/* Reads what one connection has; a bounded number, others wait too. */
static void receive(struct broker *b, struct connection *c)
{
	enum { TURN = 32 };
	unsigned char bytes[REQUEST_MAX];
	int fds[IO_MAX_FDS];
	size_t nfds = 0;

	for (int i = 0; i < TURN && c->flying < ASK_PENDING_MAX; i++) {
		ssize_t n = io_recv(c->fd, bytes, sizeof(bytes), fds, &nfds);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno == EMSGSIZE)
			log_warn("broker: a request larger than %d bytes: "
				"connection closed", REQUEST_MAX);
		else if (n > 0 && request(b, c, span_from(bytes, (size_t)n),
		    fds, nfds))
			continue;
		else if (n > 0)
			log_warn("broker: not a request: connection closed");
		c->closing = true;
		return;
	}
}

static void add_connection(struct broker *b, int fd)
{
	struct connection *c = make(sizeof(*c));

	fcntl(fd, F_SETFL, O_NONBLOCK);
	c->fd = fd;
	c->unread_end = &c->unread;
	b->connections[b->nconnections++] = c;
}

static void accept_one(struct broker *b, int listen_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (b->nconnections < b->s->connections_max) {
		add_connection(b, fd);
		return;
	}
	log_warn("broker: more than %u connections: one refused",
		b->s->connections_max);
	close(fd);
}

static void close_connection(struct broker *b, size_t i)
{
	struct connection *c = b->connections[i];

	for (struct flight *f = b->flights; f; f = f->next)
		if (f->connection == c)
			desert(f);
	while (c->unread) {
		struct unread *u = c->unread;

		c->unread = u->next;
		free(u);
	}
	close(c->fd);
	free(c);
	b->connections[i] = b->connections[--b->nconnections];
}

/* Answers what took too long; the time until the next one, -1: none. */
static int expire(struct broker *b)
{
	int64_t soonest = -1;

	for (struct flight *f = b->flights; f; f = f->next) {
		int64_t left = clock_left_ms(f->deadline_ms);

		if (f->connection == NULL || f->deadline_ms == 0)
			continue;
		if (left > 0) {
			soonest = soonest < 0 || left < soonest ? left :
				soonest;
			continue;
		}
		note_end(f, "timeout");
		answer_short(f->connection, f->id, ASK_LATER, "timeout");
		desert(f);
	}
	return soonest > 60000 ? 60000 : (int)soonest;
}

/* What to poll; how many. */
static nfds_t fill_polls(struct broker *b, int listen_fd, int stop_fd)
{
	b->polls[POLL_LISTEN] = (struct pollfd){ listen_fd, POLLIN, 0 };
	b->polls[POLL_STOP] = (struct pollfd){ stop_fd, POLLIN, 0 };
	b->polls[POLL_DNS] = (struct pollfd){ dns_fd(b->dns), POLLIN, 0 };
	b->polls[POLL_VIRUS] = (struct pollfd){
		b->virus ? virus_engines_fd(b->virus) : -1, POLLIN, 0 };
	for (size_t i = 0; i < b->nconnections; i++) {
		const struct connection *c = b->connections[i];
		bool full = c->flying >= ASK_PENDING_MAX;

		b->polls[POLL_CONNECTIONS + i] = (struct pollfd){ c->fd,
			(short)((full ? 0 : POLLIN) |
			(c->unread ? POLLOUT : 0)), 0 };
	}
	return POLL_CONNECTIONS + b->nconnections;
}

static void serve_connections(struct broker *b)
{
	for (size_t i = 0; i < b->nconnections; i++) {
		struct connection *c = b->connections[i];
		short got = b->polls[POLL_CONNECTIONS + i].revents;

		if (got & POLLOUT)
			flush(c);
		if (got & POLLIN)
			receive(b, c);
		else if (got & (POLLHUP | POLLERR))
			c->closing = true;
	}
}

/* Backwards: closing one moves the last into its place. */
static void reap_connections(struct broker *b)
{
	for (size_t i = b->nconnections; i-- > 0;)
		if (b->connections[i]->closing)
			close_connection(b, i);
}

/* One turn; false: time to stop. */
static bool turn(struct broker *b, int listen_fd, int stop_fd)
{
	int timeout = sooner(expire(b), look_at_virus(b, clock_ms()));
	nfds_t n;

	reap_connections(b);
	if (listen_fd < 0 && b->nconnections == 0)
		return false;
	n = fill_polls(b, listen_fd, stop_fd);
	if (poll(b->polls, n, timeout) < 0)
		return errno == EINTR;
	if (b->polls[POLL_STOP].revents)
		return false;
	if (b->polls[POLL_DNS].revents)
		dns_process(b->dns);
	if (b->polls[POLL_VIRUS].revents)
		collect_virus(b);
	serve_connections(b);
	if (b->polls[POLL_LISTEN].revents)
		accept_one(b, listen_fd);
	return true;
}

static void broker_free(struct broker *b)
{
	while (b->nconnections)
		close_connection(b, b->nconnections - 1);
	dns_free(&b->dns);
	rate_free(&b->rates);
	zones_free(&b->zones);
	virus_engines_free(&b->virus);
	while (b->flights)
		land(b->flights);
	free(b->connections);
	free(b->polls);
}

int broker_serve(const struct broker_settings *s, int listen_fd, int first_fd,
	int stop_fd, struct err *e)
{
	struct broker b = { .s = s, .flights_end = &b.flights };
	size_t most = s->connections_max + 1;

	b.connections = make(most * sizeof(*b.connections));
	b.polls = make((most + POLL_CONNECTIONS) * sizeof(*b.polls));
	b.zones = zones_new();
	if (b.zones == NULL)
		log_fatal("broker: out of memory");
	b.dns = dns_new(s->resolver, e);
	if (b.dns && s->virus.n)
		b.virus = virus_engines_new(&s->virus, e);
	if (b.dns == NULL || (s->virus.n && b.virus == NULL)) {
		broker_free(&b);
		return -1;
	}
	if (first_fd >= 0)
		add_connection(&b, first_fd);
	while (turn(&b, listen_fd, stop_fd))
		;
	broker_free(&b);
	return 0;
}
