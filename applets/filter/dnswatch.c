#include "dnswatch.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "engine/dnsprobe.h"
#include "engine/dnstable.h"
#include "filter.h"
#include "health.h"

enum {
	MEMORY = 16 << 20,
	EVERY_S = 300, AGAIN_S = 60,	/* when all are well; when not */
	PATIENCE_MS = 6000,
	TOLD_MAX = 380,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t renewed = PTHREAD_COND_INITIALIZER;
static struct arena *arena;	/* holds the next two; NULL: nothing yet */
static struct span record, keys;
static bool fresh;

void dnswatch_set(struct span new_record, struct span new_keys)
{
	struct arena *next = arena_new("DNS lists in use", MEMORY);

	pthread_mutex_lock(&lock);
	arena_free(&arena);
	arena = next;
	record = arena_span(arena, new_record);
	keys = arena_span(arena, new_keys);
	fresh = true;
	pthread_cond_signal(&renewed);
	pthread_mutex_unlock(&lock);
}

/* A copy, when it is time. */
static void wait_for_work(int seconds, struct arena *a, struct span *record_r,
	struct span *keys_r)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&lock);
	while (!fresh && pthread_cond_timedwait(&renewed, &lock, &until) == 0)
		continue;
	fresh = false;
	*record_r = arena_span(a, record);
	*keys_r = arena_span(a, keys);
	pthread_mutex_unlock(&lock);
}

/* Those in use, asked through a connection of our own. */
static size_t probe(const struct dnstable *t, struct arena *a,
	struct dnsprobe **probes_r)
{
	const struct dnstable_list **in_use = arena_array(a, t->nlists,
		sizeof(*in_use));
	struct err e;
	size_t n = 0;
	int fd;

	for (size_t i = 0; i < t->nlists; i++)
		if (t->lists[i].enabled)
			in_use[n++] = &t->lists[i];
	*probes_r = arena_array(a, n, sizeof(**probes_r));
	if (n == 0)
		return 0;
	fd = io_connect_unix(FILTER_BROKER_SOCKET, SOCK_SEQPACKET, &e);
	dnsprobe_run(in_use, n, ask_socket_new(fd, a),
		clock_ms() + PATIENCE_MS, a, *probes_r);
	if (fd >= 0)
		close(fd);
	return n;
}

/* What does not work, and that it counts for nothing; empty: all does. */
static void tell(const struct dnsprobe *probes, size_t n, char *out,
	size_t size)
{
	size_t used = 0;

	out[0] = 0;
	for (size_t i = 0; i < n && used < size; i++) {
		const struct dnsprobe *p = &probes[i];

		if (p->state == DNSPROBE_GOOD)
			continue;
		used += (size_t)snprintf(out + used, size - used,
			"%sDNS list %.*s %.*s", used ? "; " : "",
			SPAN_FMT(p->list->name), SPAN_FMT(p->text));
	}
}

static bool watch(int seconds)
{
	static char told[TOLD_MAX];
	struct arena *a = arena_new("DNS watch", MEMORY);
	char text[TOLD_MAX];
	struct dnstable table;
	struct dnsprobe *probes = NULL;
	struct span lists, words;
	struct err e;
	size_t n = 0;

	wait_for_work(seconds, a, &lists, &words);
	if (dnstable_get(lists, a, &table, &e) == 0) {
		dnstable_set_keys(&table, words, a);
		n = probe(&table, a, &probes);
	}
	tell(probes, n, text, sizeof(text));
	if (*text && strcmp(text, told) != 0)
		log_warn("%s: pm dnslist test", text);
	memcpy(told, text, sizeof(told));
	health_set(HEALTH_DNSLISTS, text);
	arena_free(&a);
	return *text == 0;
}

void *dnswatch_run(void *unused)
{
	bool well = true;

	(void)unused;
	for (;;)
		well = watch(well ? EVERY_S : AGAIN_S);
	return NULL;
}
