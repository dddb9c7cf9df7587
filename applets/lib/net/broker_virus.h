/*
 * The broker's scans: threads that wait for clamd, so that the broker itself
 * never does. They come with work and go without it.
 */
#ifndef NET_BROKER_VIRUS_H
#define NET_BROKER_VIRUS_H

#include "net/clamd.h"

enum {
	VIRUS_BYTES_MAX = 100 << 20,
	VIRUS_THREADS_MAX = 64,	/* scans at once; others wait in line */
	VIRUS_JOBS_MAX = 256,
};

struct virus_pool;

/* takes_fds: it is asked by clamd_scan_fd. */
struct virus_pool *virus_pool_new(const char *clamd, bool takes_fds,
	struct err *e);
/* Forgets what is not answered; a busy thread ends with its scan. */
void virus_pool_free(struct virus_pool **v);

/*
 * Takes fd over, a sealed memfd of at most VIRUS_BYTES_MAX. False: not such
 * a one. Ask before whether there is room.
 */
bool virus_fd_good(int fd);
bool virus_pool_full(const struct virus_pool *v);
void virus_pool_scan(struct virus_pool *v, int fd, int64_t deadline_ms,
	void *context);

/* Readable when a scan is done. */
int virus_pool_fd(const struct virus_pool *v);
/* The next scan that is done: its context; false: none. */
bool virus_pool_next(struct virus_pool *v, void **context_r,
	struct clamd_answer *answer_r);

#endif
