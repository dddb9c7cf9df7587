#include "web/http_conn.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	ARENA_MAX = 512 << 20,	/* a download has its message in here, twice */
	READ_SIZE = 16384,
	JOIN_MAX = 12288,	/* a body that goes out with its head */
	LINGER_BYTES = 1 << 20,
	PEER_MAX = 46,
	FIRST_OF_TLS = 0x16,	/* a record with a handshake message */
};

/* What a step wants next. */
enum next { GO, READ, WRITE, LATER, CLOSE };

enum state { SNIFF, HANDSHAKE, HEAD, BODY, ANSWER, BYE, LINGER };

struct http_conn {
	LIST_ENTRY(http_conn) link;
	struct http_worker *worker;
	int fd;
	struct event *readable, *writable;
	struct tls *tls;
	char peer[PEER_MAX];
	enum state state;
	int64_t since_ms;	/* began to wait for this request */
	int64_t deadline_ms;	/* of the state */
	int64_t latest_ms;	/* of the whole reply */
	struct buf in;		/* what came and is not used yet */
	size_t looked;		/* http_head_end */
	size_t head_size;
	struct http_head head;
	struct arena *arena;	/* of the request; NULL between two */
	struct http_answer answer;
	struct span unsent[2];	/* of the answer */
	size_t lingered;
	bool answered;		/* at least one request */
	bool began;		/* the next one has begun to arrive */
};

static void conn_free(struct http_conn *c)
{
	struct http_worker *w = c->worker;

	LIST_REMOVE(c, link);
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	tls_free(&c->tls);
	arena_free(&c->arena);
	buf_free(&c->in);
	close(c->fd);
	free(c);
	http_worker_closed(w);
}

static void set_deadline(struct http_conn *c, int64_t ms)
{
	c->deadline_ms = clock_ms() + ms;
}

static int64_t arrive_ms(const struct http_conn *c)
{
	unsigned ms = c->worker->site.config->arrive_ms;

	return ms ? ms : HTTP_ARRIVE_MS;
}

static int64_t idle_ms(const struct http_conn *c)
{
	unsigned ms = c->worker->site.config->idle_ms;

	return ms ? ms : HTTP_IDLE_MS;
}

/* Keeps the read side open for a moment: closing with bytes unread would
   reset the connection and take our last words along. */
static enum next start_linger(struct http_conn *c)
{
	shutdown(c->fd, SHUT_WR);
	set_deadline(c, HTTP_LINGER_MS);
	c->state = LINGER;
	return GO;
}

static enum next step_linger(struct http_conn *c)
{
	char bytes[4096];
	ssize_t n;

	while ((n = recv(c->fd, bytes, sizeof(bytes), 0)) > 0) {
		c->lingered += (size_t)n;
		if (c->lingered > LINGER_BYTES)
			return CLOSE;
	}
	return n < 0 && errno == EAGAIN ? READ : CLOSE;
}

/* Says something without TLS, in one attempt, and ends. */
static enum next say_bare(struct http_conn *c, unsigned status)
{
	struct buf b = { 0 };

	http_reply_bare(status, false, &b);
	if (send(c->fd, b.p, b.n, MSG_NOSIGNAL) < 0)
		c->lingered = LINGER_BYTES;
	buf_free(&b);
	return start_linger(c);
}

/* A browser that was told "http://" gets a word it can show. */
static enum next step_sniff(struct http_conn *c)
{
	unsigned char first;
	ssize_t n = recv(c->fd, &first, 1, MSG_PEEK);

	if (n < 0 && errno == EAGAIN)
		return READ;
	if (n <= 0)
		return CLOSE;
	if (first >= 'A' && first <= 'Z')
		return say_bare(c, HTTP_SPEAK_HTTPS);
	if (first != FIRST_OF_TLS)
		return CLOSE;
	c->tls = tls_new(c->worker->tls, c->fd);
	c->state = HANDSHAKE;
	return c->tls ? GO : CLOSE;
}

static enum next want(ssize_t tls)
{
	return tls == TLS_WANT_READ ? READ : tls == TLS_WANT_WRITE ? WRITE :
		CLOSE;
}

static enum next step_handshake(struct http_conn *c)
{
	int result = tls_handshake(c->tls);

	if (result == TLS_BROKEN)
		return start_linger(c); /* it was told why */
	if (result != 1)
		return want(result);
	c->state = HEAD;
	return GO;
}

/* Begins to send c->answer. */
static enum next start_answer(struct http_conn *c)
{
	if (c->answer.body.n <= JOIN_MAX) {
		buf_span(&c->answer.head, c->answer.body);
		c->answer.body.n = 0;
	}
	c->unsent[0] = buf_bytes(&c->answer.head);
	c->unsent[1] = c->answer.body;
	c->latest_ms = clock_ms() + HTTP_REPLY_MS;
	set_deadline(c, HTTP_STALL_MS);
	c->state = ANSWER;
	return GO;
}

static struct arena *take_arena(struct http_conn *c)
{
	if (c->arena == NULL)
		c->arena = arena_new("web request", ARENA_MAX);
	return c->arena;
}

static enum next refuse(struct http_conn *c, unsigned status)
{
	http_request_refuse(status, take_arena(c), &c->answer);
	return start_answer(c);
}

/* Reads what is there, not beyond `most` bytes in c->in; GO: more came. */
static enum next read_more(struct http_conn *c, size_t most)
{
	size_t n = most - c->in.n;
	ssize_t got;

	if (n > READ_SIZE)
		n = READ_SIZE;
	got = tls_read(c->tls, buf_room(&c->in, n), n);
	if (got <= 0)
		return want(got);
	if (c->answered && !c->began) {
		c->since_ms = clock_ms();
		set_deadline(c, arrive_ms(c));
		c->began = true;
	}
	c->in.n += (size_t)got;
	return GO;
}

/* Forgets the first n bytes of what came. */
static void drop_input(struct http_conn *c, size_t n)
{
	c->in.n -= n;
	memmove(c->in.p, c->in.p + n, c->in.n);
}

/* The head is longer than it may be: which part? */
static unsigned too_long(const struct http_conn *c)
{
	return span_chr(buf_bytes(&c->in), '\n') == SIZE_MAX ? 414 : 431;
}

static enum next take_head(struct http_conn *c)
{
	unsigned status = http_head_parse(span_sub(buf_bytes(&c->in), 0,
		c->head_size), &c->head);

	if (status)
		return refuse(c, status);
	if (c->head.length > c->worker->site.config->body_max)
		return refuse(c, 413);
	c->state = BODY;
	return GO;
}

static enum next step_head(struct http_conn *c)
{
	enum next next;

	/* Some send an empty line after a form (RFC 9112 section 2.2). */
	while (c->in.n >= 2 && memcmp(c->in.p, "\r\n", 2) == 0)
		drop_input(c, 2);
	c->head_size = http_head_end(buf_bytes(&c->in), &c->looked);
	if (c->head_size > HTTP_HEAD_MAX)
		return refuse(c, too_long(c));
	if (c->head_size > 0)
		return take_head(c);
	if (c->in.n > HTTP_HEAD_MAX)
		return refuse(c, too_long(c));
	next = read_more(c, HTTP_HEAD_MAX + 4);
	/* Between two requests, at the end, nobody waits. */
	return next == READ && c->in.n == 0 && c->worker->ending &&
		c->answered ? CLOSE : next;
}

/* The head's spans follow the bytes, which may have moved. */
static void answer_request(struct http_conn *c)
{
	struct span in = buf_bytes(&c->in);
	struct http_worker *w = c->worker;

	http_head_parse(span_sub(in, 0, c->head_size), &c->head);
	w->served++;
	if (w->served >= HTTP_REQUESTS_MAX)
		http_worker_end(w);
	c->answer = (struct http_answer){ .close = !c->head.keep ||
		w->ending };
	http_request_answer(&w->site, &c->head, span_sub(in, c->head_size,
		(size_t)c->head.length), span_of(c->peer), take_arena(c),
		&c->answer);
}

/* "100 Continue"; false: who does not read does not need it. */
static bool encourage(struct http_conn *c)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	bool asked = c->head.expects && c->in.n == c->head_size;

	c->head.expects = false;
	return !asked || tls_write(c->tls, text, sizeof(text) - 1) ==
		sizeof(text) - 1;
}

static enum next step_body(struct http_conn *c)
{
	size_t whole = c->head_size + (size_t)c->head.length;

	if (!encourage(c))
		return CLOSE;
	if (c->in.n < whole)
		return read_more(c, whole);
	answer_request(c);
	drop_input(c, whole);
	return start_answer(c);
}

/* The answer is out: the next request, or the end. */
static enum next finish(struct http_conn *c)
{
	arena_free(&c->arena);
	c->answered = true;
	c->looked = 0;
	if (c->answer.close) {
		c->state = BYE;
		return GO;
	}
	c->since_ms = clock_ms();
	c->state = HEAD;
	c->began = c->in.n > 0;
	set_deadline(c, c->began ? arrive_ms(c) : idle_ms(c));
	/* Others first, if more has come already. */
	return c->in.n ? LATER : GO;
}

static enum next step_answer(struct http_conn *c)
{
	for (size_t i = 0; i < 2; i++) {
		struct span *s = &c->unsent[i];

		while (s->n) {
			ssize_t n = tls_write(c->tls, s->p, s->n);

			if (n <= 0)
				return want(n);
			*s = span_after(*s, (size_t)n);
			set_deadline(c, HTTP_STALL_MS);
			if (c->deadline_ms > c->latest_ms)
				c->deadline_ms = c->latest_ms;
		}
	}
	return finish(c);
}

static enum next step_bye(struct http_conn *c)
{
	int result = tls_bye(c->tls);

	return result == TLS_WANT_WRITE ? WRITE : start_linger(c);
}

static enum next (*const steps[])(struct http_conn *c) = {
	[SNIFF] = step_sniff, [HANDSHAKE] = step_handshake,
	[HEAD] = step_head, [BODY] = step_body, [ANSWER] = step_answer,
	[BYE] = step_bye, [LINGER] = step_linger,
};

/* Time is over: a request that was begun is told so. */
static enum next time_over(struct http_conn *c)
{
	if (c->state == BODY || (c->state == HEAD && c->in.n))
		return refuse(c, 408);
	if (c->state == HEAD) {
		c->state = BYE;
		set_deadline(c, HTTP_LINGER_MS);
		return GO;
	}
	return CLOSE;
}

static void wait_for(struct http_conn *c, enum next next)
{
	int64_t ms = next == LATER ? 0 : clock_left_ms(c->deadline_ms);
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	event_add(next == WRITE ? c->writable : c->readable, &tv);
}

/*
 * Goes on as far as the connection lets it. Only who has nothing to offer is
 * late: a handler may have kept us from reading what came in time.
 */
static void run(evutil_socket_t fd, short what, void *context)
{
	struct http_conn *c = context;
	enum next next = GO;

	(void)fd;
	(void)what;
	while (next == GO) {
		next = steps[c->state](c);
		if ((next == READ || next == WRITE) &&
		    clock_ms() >= c->deadline_ms)
			next = time_over(c);
	}
	if (next == CLOSE)
		conn_free(c);
	else
		wait_for(c, next);
}

static void name_peer(const struct sockaddr_storage *peer, char out[PEER_MAX])
{
	char text[NI_MAXHOST] = "";
	const char *p = text;

	getnameinfo((const struct sockaddr *)peer, sizeof(*peer), text,
		sizeof(text), NULL, 0, NI_NUMERICHOST);
	if (strncmp(p, "::ffff:", 7) == 0 && strchr(p, '.'))
		p += 7;
	for (size_t i = 0; p[i] && i + 1 < PEER_MAX; i++)
		out[i] = p[i];
}

void http_conn_start(struct http_worker *w, int fd,
	const struct sockaddr_storage *peer)
{
	struct http_conn *c = calloc(1, sizeof(*c));
	int on = 1;

	/* mbedtls writes a handshake in pieces, each of which would wait for
	   the other side's delayed acknowledgement. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (c == NULL) {
		close(fd);
		return;
	}
	c->worker = w;
	c->fd = fd;
	LIST_INSERT_HEAD(&w->conns, c, link);
	w->nconns++;
	name_peer(peer, c->peer);
	c->since_ms = clock_ms();
	set_deadline(c, arrive_ms(c));
	c->readable = event_new(w->base, fd, EV_READ, run, c);
	c->writable = event_new(w->base, fd, EV_WRITE, run, c);
	if (c->readable && c->writable)
		wait_for(c, READ);
	else
		conn_free(c);
}

void http_conn_end_idle(struct http_worker *w)
{
	struct http_conn *c = LIST_FIRST(&w->conns), *next;

	for (; c; c = next) {
		next = LIST_NEXT(c, link);
		if (c->state == HEAD && c->answered && c->in.n == 0) {
			c->deadline_ms = 0;
			event_active(c->readable, EV_TIMEOUT, 0);
		}
	}
}

void http_conn_drop_all(struct http_worker *w)
{
	while (LIST_FIRST(&w->conns))
		conn_free(LIST_FIRST(&w->conns));
}

static unsigned count_of(const struct http_worker *w, const char *peer)
{
	unsigned n = 0;

	for (struct http_conn *c = LIST_FIRST(&w->conns); c;
	    c = LIST_NEXT(c, link))
		n += strcmp(c->peer, peer) == 0;
	return n;
}

/* The peer with the most connections; NULL: nobody is there. */
static const char *greediest(const struct http_worker *w)
{
	const char *peer = NULL;
	unsigned most = 0;

	for (struct http_conn *c = LIST_FIRST(&w->conns); c;
	    c = LIST_NEXT(c, link)) {
		unsigned n = count_of(w, c->peer);

		if (n > most) {
			most = n;
			peer = c->peer;
		}
	}
	return peer;
}

/* Of that peer, who waits the longest without being answered. */
static struct http_conn *laziest(struct http_worker *w, const char *peer)
{
	struct http_conn *found = NULL;

	for (struct http_conn *c = LIST_FIRST(&w->conns); c;
	    c = LIST_NEXT(c, link)) {
		if (strcmp(c->peer, peer) != 0)
			continue;
		if (found == NULL || (found->state == ANSWER &&
		    c->state != ANSWER) || ((found->state == ANSWER) ==
		    (c->state == ANSWER) && c->since_ms < found->since_ms))
			found = c;
	}
	return found;
}

void http_conn_make_room(struct http_worker *w, unsigned n)
{
	const char *peer = greediest(w);
	char text[PEER_MAX];

	if (peer == NULL)
		return;
	memcpy(text, peer, sizeof(text));
	log_warn("web: %u connections are open, most of them from %s: its "
		"oldest are closed", w->nconns, text);
	while (n--) {
		struct http_conn *c = laziest(w, text);

		if (c == NULL)
			break;
		conn_free(c);
	}
}
