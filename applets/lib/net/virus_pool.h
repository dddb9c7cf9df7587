/*
 * The threads that wait for one virus engine (net/virus.h). They come with
 * work and go without it. What the engine said of equal content a moment ago
 * is not asked again (net/virus_cache.h).
 */
#ifndef NET_VIRUS_POOL_H
#define NET_VIRUS_POOL_H

#include "net/virus.h"

enum {
	VIRUS_THREADS_MAX = 64,	/* scans at once; others wait in line */
	VIRUS_JOBS_MAX = 256,
};

struct virus_pool;

/* event: an eventfd, written when a scan is done; stays the caller's. */
struct virus_pool *virus_pool_new(const struct virus_engine *engine,
	int event, struct err *e);
/* Forgets what is not answered; a busy thread ends with its scan. */
void virus_pool_free(struct virus_pool **v);

bool virus_pool_full(const struct virus_pool *v);
/* Takes fd over. context is not NULL. */
void virus_pool_scan(struct virus_pool *v, int fd, int64_t deadline_ms,
	void *context);
/* Asks the engine who it is; the answer comes with context NULL. */
void virus_pool_probe(struct virus_pool *v);
/* What is done next: its context and answer; false: nothing is. */
bool virus_pool_next(struct virus_pool *v, void **context_r,
	struct virus_answer *answer_r);

struct virus_pool_state {
	char version[VIRUS_VERSION_SIZE]; /* "": it never said */
	uint64_t scans, cached;	/* since the start; cached ones are scans */
};

void virus_pool_look(struct virus_pool *v, struct virus_pool_state *s_r);

#endif
