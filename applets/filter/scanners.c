#include "scanners.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "filter.h"
#include "health.h"
#include "kick.h"
#include "link.h"
#include "policy_source.h"

enum {
	JOBS_MAX = 50,
	AGE_MAX_MS = 60000,	/* once it has seen a message */
	IDLE_MAX_MS = 10000,	/* beyond the least number */
	PATIENCE_MS = 5,	/* for one that is nearly done */
	RETRY_MS = 20,
	SPAWN_MS = 3000,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed;
static struct scanner *idle;	/* a stack */
static unsigned count, least, most;
static uint64_t last_id, generation;

void scanners_start(unsigned limit)
{
	pthread_condattr_t attr;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	most = limit ? limit : 1;
	least = cores > 0 ? (unsigned)cores * 2 : 2;
	if (least > most)
		least = most;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&freed, &attr);
}

/* Closing its socket ends it. */
static void bury(struct scanner *s)
{
	close(s->fd);
	munmap(s->slot, HOP_SLOT_SIZE);
	free(s);
}

/*
 * Ours is mapped before the seal, the scanner's after it: then its mapping
 * can never become writable (tried; the other way round it can).
 */
static int make_slot(struct scanner *s)
{
	int fd = memfd_create("slot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *p = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, HOP_SLOT_SIZE) == 0)
		p = mmap(NULL, HOP_SLOT_SIZE, PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);
	if (p == MAP_FAILED || fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE |
	    F_SEAL_GROW | F_SEAL_SHRINK) < 0) {
		if (p != MAP_FAILED)
			munmap(p, HOP_SLOT_SIZE);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	s->slot = p;
	return fd;
}

/* Asks the zygote for a fork with these descriptors. */
static bool fork_one(struct scanner *s, int far, int slot, int64_t deadline_ms)
{
	struct hop_note note;
	struct err e;
	int broker = io_connect_unix(FILTER_BROKER_SOCKET, SOCK_SEQPACKET, &e);
	int result = link_spawn(s->id, far, slot, broker, deadline_ms, &note);

	s->lonely = broker < 0;
	if (broker >= 0)
		close(broker);
	if (result < 0)
		link_kill(s->id); /* should it be born after all */
	else
		s->generation = note.generation;
	return result == 0;
}

static struct scanner *spawn(uint64_t id, int64_t deadline_ms)
{
	struct scanner *s = calloc(1, sizeof(*s));
	int64_t soon = clock_ms() + SPAWN_MS;
	int pair[2], slot;
	bool born;

	if (s == NULL)
		return NULL;
	s->id = id;
	s->born_ms = clock_ms();
	slot = make_slot(s);
	if (slot < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				   pair) < 0) {
		if (slot >= 0) {
			close(slot);
			munmap(s->slot, HOP_SLOT_SIZE);
		}
		free(s);
		return NULL;
	}
	born = fork_one(s, pair[1], slot,
		deadline_ms < soon ? deadline_ms : soon);
	close(pair[1]);
	close(slot);
	s->fd = pair[0];
	if (born)
		return s;
	bury(s);
	return NULL;
}

/* Spawns one whose place in the count is taken already. */
static struct scanner *spawn_counted(int64_t deadline_ms)
{
	struct scanner *s;
	uint64_t id;

	id = ++last_id;
	pthread_mutex_unlock(&lock);
	s = spawn(id, deadline_ms);
	pthread_mutex_lock(&lock);
	if (s == NULL)
		count--;
	return s;
}

/* Is this idle one still to be used? Under the lock. */
static bool is_fresh(const struct scanner *s, int64_t now)
{
	return s->generation >= generation &&
		(s->jobs == 0 || now - s->born_ms < AGE_MAX_MS);
}

static struct scanner *pop(void)
{
	int64_t now = clock_ms();

	while (idle) {
		struct scanner *s = idle;

		idle = s->next;
		if (is_fresh(s, now))
			return s;
		count--;
		bury(s);
	}
	return NULL;
}

/* Waits until one may be free, at most `ms`; under the lock. */
static void wait_freed(int64_t ms, int64_t deadline_ms)
{
	int64_t until = clock_ms() + ms;
	struct timespec t;

	if (until > deadline_ms)
		until = deadline_ms;
	t.tv_sec = until / 1000;
	t.tv_nsec = until % 1000 * 1000000;
	pthread_cond_timedwait(&freed, &lock, &t);
}

/* Says to libmilter, once, that this callback will take its time. */
static void kick_once(bool *kicked)
{
	if (*kicked)
		return;
	*kicked = true;
	pthread_mutex_unlock(&lock);
	kick();
	pthread_mutex_lock(&lock);
}

struct scanner *scanners_take(int64_t deadline_ms)
{
	int64_t start = clock_ms();
	bool kicked = false;
	struct scanner *s;

	pthread_mutex_lock(&lock);
	while ((s = pop()) == NULL && clock_left_ms(deadline_ms) > 0) {
		int64_t waited = clock_ms() - start;

		if (waited >= KICK_GRACE_MS)
			kick_once(&kicked);
		/* Above the usual number only when waiting does not help. */
		if (count < least ||
		    (count < most && waited >= PATIENCE_MS)) {
			if (policy_source_ready()) {
				count++;
				s = spawn_counted(deadline_ms);
				if (s)
					break;
			}
			kick_once(&kicked);
			wait_freed(RETRY_MS, deadline_ms);
		} else {
			wait_freed(waited < KICK_GRACE_MS ? KICK_GRACE_MS :
				count < most ? PATIENCE_MS : 1000,
				deadline_ms);
		}
	}
	pthread_mutex_unlock(&lock);
	return s;
}

void scanners_give(struct scanner **sp, bool retire)
{
	struct scanner *s = *sp;

	*sp = NULL;
	/* An earlier sender's message is not for a later one's scanner. */
	memset(s->slot, 0, s->used);
	s->used = 0;
	s->jobs++;
	s->idle_ms = clock_ms();
	pthread_mutex_lock(&lock);
	if (retire || s->lonely || s->jobs >= JOBS_MAX ||
	    !is_fresh(s, s->idle_ms)) {
		count--;
	} else {
		s->next = idle;
		idle = s;
		s = NULL;
	}
	pthread_cond_signal(&freed);
	pthread_mutex_unlock(&lock);
	if (s)
		bury(s);
}

void scanners_kill(struct scanner **s)
{
	link_kill((*s)->id);
	scanners_give(s, true);
}

/* Takes those out of the stack that `keep` does not want. */
static void drop_idle(bool (*keep)(const struct scanner *s, int64_t now))
{
	struct scanner **at = &idle;
	int64_t now = clock_ms();

	while (*at) {
		struct scanner *s = *at;

		if (keep(s, now)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		count--;
		bury(s);
	}
}

static bool keep_none(const struct scanner *s, int64_t now)
{
	(void)s;
	(void)now;
	return false;
}

static bool keep_wanted(const struct scanner *s, int64_t now)
{
	return is_fresh(s, now) &&
		(count <= least || now - s->idle_ms < IDLE_MAX_MS);
}

void scanners_renew(uint64_t now)
{
	pthread_mutex_lock(&lock);
	generation = now;
	drop_idle(is_fresh);
	pthread_cond_broadcast(&freed);
	pthread_mutex_unlock(&lock);
}

void scanners_lost(void)
{
	pthread_mutex_lock(&lock);
	drop_idle(keep_none);
	pthread_mutex_unlock(&lock);
}

void scanners_tend(void)
{
	bool well = true;

	pthread_mutex_lock(&lock);
	drop_idle(keep_wanted);
	while (count < least && policy_source_ready()) {
		struct scanner *s;

		count++;
		s = spawn_counted(clock_ms() + SPAWN_MS);
		well = s != NULL;
		if (!well)
			break;
		s->idle_ms = clock_ms();
		s->next = idle;
		idle = s;
		pthread_cond_signal(&freed);
	}
	pthread_mutex_unlock(&lock);
	/* When the zygote is gone, that is told already. */
	health_set(HEALTH_SCANNERS, well || !policy_source_ready() ? NULL :
		"the zygote starts no scanner: mail waits, then 451; pm "
		"restart filter/zygote");
}
