#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "filter.h"

enum { NOTES = 1024, RETRY_MS = 100, PATIENT_TIMES = 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news;
static const struct link_hooks *hooks;
static int fd = -1;
static uint64_t epoch;		/* of the connection */
static struct hop_note notes[NOTES];	/* the last ones, a ring */
static uint64_t nnotes;

/* Newest first: ids are never used twice. Under the lock. */
static bool find_note(enum hop_kind kind, uint64_t id, struct hop_note *n_r)
{
	uint64_t least = nnotes > NOTES ? nnotes - NOTES : 0;

	for (uint64_t i = nnotes; i > least; i--) {
		const struct hop_note *n = &notes[(i - 1) % NOTES];

		if (n->kind == kind && n->id == id) {
			*n_r = *n;
			return true;
		}
	}
	return false;
}

/* Waits for news until a monotonic time; false when it has passed. */
static bool wait_news(int64_t deadline_ms)
{
	struct timespec t = { .tv_sec = deadline_ms / 1000,
		.tv_nsec = deadline_ms % 1000 * 1000000 };

	return pthread_cond_timedwait(&news, &lock, &t) != ETIMEDOUT;
}

static int send_order(enum hop_kind kind, uint64_t id, const int *fds,
	size_t nfds)
{
	struct hop_order o = { HOP_MAGIC, kind, id, nfds == 3, 0 };

	if (fd < 0)
		return -1;
	return io_send(fd, span_from(&o, sizeof(o)), fds, nfds);
}

bool link_is_up(void)
{
	bool up;

	pthread_mutex_lock(&lock);
	up = fd >= 0;
	pthread_mutex_unlock(&lock);
	return up;
}

int link_load(int bundle_fd, uint64_t generation)
{
	int result;

	pthread_mutex_lock(&lock);
	result = send_order(HOP_LOAD, generation, &bundle_fd, 1);
	pthread_mutex_unlock(&lock);
	return result;
}

int link_spawn(uint64_t id, int control, int slot, int broker,
	int64_t deadline_ms, struct hop_note *note_r)
{
	const int fds[] = { control, slot, broker };
	bool found = false;
	uint64_t before;

	pthread_mutex_lock(&lock);
	before = epoch;
	if (send_order(HOP_SPAWN, id, fds, broker < 0 ? 2 : 3) == 0)
		while (!(found = find_note(HOP_SPAWNED, id, note_r)) &&
		       epoch == before)
			if (!wait_news(deadline_ms))
				break;
	pthread_mutex_unlock(&lock);
	return found && note_r->good ? 0 : -1;
}

void link_kill(uint64_t id)
{
	pthread_mutex_lock(&lock);
	send_order(HOP_KILL, id, NULL, 0);
	pthread_mutex_unlock(&lock);
}

bool link_fate(uint64_t id, int64_t wait_ms, struct hop_note *note_r)
{
	int64_t until = clock_ms() + wait_ms;
	uint64_t before;
	bool found;

	pthread_mutex_lock(&lock);
	before = epoch;
	while (!(found = find_note(HOP_EXITED, id, note_r)) &&
	       epoch == before && fd >= 0)
		if (!wait_news(until))
			break;
	pthread_mutex_unlock(&lock);
	return found;
}

/* One datagram from the zygote; false: it is not one of ours. */
static bool take(const unsigned char *p, size_t n)
{
	char text[HOP_TEXT_MAX + 1] = { 0 };
	struct hop_note note;

	if (n < sizeof(note) || n > sizeof(note) + HOP_TEXT_MAX)
		return false;
	memcpy(&note, p, sizeof(note));
	if (note.magic != HOP_MAGIC || note.kind < HOP_LOADED ||
	    note.kind > HOP_EXITED)
		return false;
	memcpy(text, p + sizeof(note), n - sizeof(note));
	pthread_mutex_lock(&lock);
	notes[nnotes++ % NOTES] = note;
	pthread_cond_broadcast(&news);
	pthread_mutex_unlock(&lock);
	if (note.kind == HOP_LOADED)
		hooks->loaded(&note, text);
	return true;
}

/* Reads notes until the zygote is gone. */
static void listen_to(int from)
{
	unsigned char p[sizeof(struct hop_note) + HOP_TEXT_MAX];

	for (;;) {
		struct pollfd wait = { .fd = from, .events = POLLIN };
		ssize_t n;

		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			return;
		n = io_recv(from, p, sizeof(p), NULL, NULL);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0)
			return;
		if (!take(p, (size_t)n)) {
			log_error("zygote: a note that is none; starting over");
			return;
		}
	}
}

static void set_fd(int now)
{
	int old;

	pthread_mutex_lock(&lock);
	old = fd;
	fd = now;
	epoch++;
	pthread_cond_broadcast(&news);
	pthread_mutex_unlock(&lock);
	if (old >= 0)
		close(old);
}

static void *keep_connected(void *unused)
{
	unsigned failed = 0;
	struct err e;

	(void)unused;
	for (;; failed = 0) {
		int now;

		while ((now = io_connect_unix(FILTER_ZYGOTE_SOCKET,
			SOCK_SEQPACKET, &e)) < 0) {
			if (failed++ == PATIENT_TIMES)
				log_error("%s: no zygote, no mail", e.text);
			clock_sleep_ms(RETRY_MS);
		}
		/* A zygote that stands still must not stop us in send. */
		fcntl(now, F_SETFL, O_NONBLOCK);
		set_fd(now);
		hooks->up();
		listen_to(now);
		set_fd(-1);
		hooks->down();
		log_warn("the zygote is gone: mail waits, then 451, until it "
			"is back");
	}
	return NULL;
}

void link_start(const struct link_hooks *h)
{
	pthread_condattr_t attr;
	pthread_t thread;

	hooks = h;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&news, &attr);
	pthread_create(&thread, NULL, keep_connected, NULL);
	pthread_detach(thread);
}
