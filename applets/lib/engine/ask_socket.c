/*
 * The scanner's side of the broker: questions out as datagrams, answers in.
 */
#include "engine/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

/* One question under way. */
struct pending {
	struct question *question;
	struct arena *arena;
	uint32_t id;
};

struct socket_ask {
	struct ask ask;		/* first: what callers hold */
	int fd;
	bool lost;
	struct pending v[ASK_PENDING_MAX];
	size_t n;
	unsigned char *datagram;	/* ASK_DATAGRAM_MAX; NULL at first */
};

/*
 * Of the process, not of the object: one connection serves many messages,
 * and a late answer for an earlier one must never be taken for an answer to
 * this one.
 */
static uint32_t last_id;

static void answer_later(struct question *q, const char *why)
{
	q->state = ASK_LATER;
	q->text = span_of(why);
}

static void lose(struct socket_ask *s)
{
	s->lost = true;
	while (s->n)
		answer_later(s->v[--s->n].question, "the broker went away");
}

/* The bytes beside a virus question, sealed; -1. */
static int sealed_copy(struct span bytes)
{
	int fd = memfd_create("question", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (io_write_all(fd, bytes) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW |
		    F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}

static int send_request(struct socket_ask *s, const struct question *q,
	struct arena *a)
{
	struct buf request = { .arena = a };
	int bytes = -1, result;

	question_put_request(&request, ++last_id, q);
	if (q->kind == ASK_VIRUS && (bytes = sealed_copy(q->bytes)) < 0)
		return -1;
	result = io_send(s->fd, buf_bytes(&request), &bytes, bytes >= 0);
	if (bytes >= 0)
		close(bytes);
	return result;
}

static void ask_socket_send(void *self, struct question *q, struct arena *a)
{
	struct socket_ask *s = self;

	q->state = ASK_PENDING;
	if (s->lost) {
		answer_later(q, "no broker");
	} else if (s->n == ASK_PENDING_MAX) {
		answer_later(q, "too many questions at once");
	} else if (send_request(s, q, a) < 0) {
		if (errno == EPIPE || errno == ECONNRESET)
			lose(s);
		answer_later(q, "the broker cannot be asked");
	} else {
		s->v[s->n++] = (struct pending){ q, a, last_id };
	}
}

/* Takes one answer to the question it belongs to; late ones have none. */
static void take_answer(struct socket_ask *s, struct span record)
{
	struct question q = { 0 };
	uint32_t id;

	/* Questions under way are of one message: they share an arena. */
	if (!question_get_answer(record, s->v[0].arena, &id, &q)) {
		lose(s);
		return;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct question *to = s->v[i].question;

		if (s->v[i].id != id)
			continue;
		to->state = q.state == ASK_PENDING ? ASK_LATER : q.state;
		to->records = q.records;
		to->nrecords = q.nrecords;
		to->text = q.text;
		s->v[i] = s->v[--s->n];
		return;
	}
}

static bool ask_socket_wait(void *self, int64_t deadline_ms)
{
	struct socket_ask *s = self;
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	ssize_t n;
	int ready;

	if (s->n == 0 || s->lost)
		return false;
	if (s->datagram == NULL)
		s->datagram = arena_alloc(s->v[0].arena, ASK_DATAGRAM_MAX);
	do {
		ready = poll(&p, 1, (int)clock_left_ms(deadline_ms));
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return false;
	n = io_recv(s->fd, s->datagram, ASK_DATAGRAM_MAX, NULL, NULL);
	if (n <= 0)
		lose(s);
	else
		take_answer(s, span_from(s->datagram, (size_t)n));
	return true;
}

static void ask_socket_collect(void *self, int64_t deadline_ms)
{
	struct socket_ask *s = self;

	while (ask_socket_wait(s, deadline_ms))
		continue;
	while (s->n)
		answer_later(s->v[--s->n].question, "no answer in time");
}

struct ask *ask_socket_new(int fd, struct arena *a)
{
	struct socket_ask *s = arena_alloc(a, sizeof(*s));

	s->ask = (struct ask){ s, ask_socket_send, ask_socket_collect,
		ask_socket_wait };
	s->fd = fd;
	s->lost = fd < 0;
	return &s->ask;
}

bool ask_socket_lost(const struct ask *ask)
{
	return ((const struct socket_ask *)ask->self)->lost;
}
