/*
 * What a virus engine said of content, for a short time: a newsletter or an
 * outbreak is scanned once, not a thousand times. Not thread-safe.
 *
 * Content is the message but for the fields that tell of its way and its
 * readers (Received, To, Date, Message-ID, signatures …), where those are
 * short and plain ASCII. What is odd in any way counts: no engine can find in
 * a field of printable lines what a reader would run.
 *
 * Only clean and found are kept, and none in the time after the engine's
 * signatures changed: it goes on with the old ones until it has loaded them.
 */
#ifndef NET_VIRUS_CACHE_H
#define NET_VIRUS_CACHE_H

#include "net/virus.h"

enum {
	VIRUS_CACHE_KEPT_MS = 5 * 60 * 1000,
	VIRUS_CACHE_QUIET_MS = 2 * 60 * 1000,
	VIRUS_CACHE_ROWS = 4096,
	VIRUS_KEY_SIZE = 32,
};

struct virus_cache;

/* NULL: no memory. About 800 KiB, touched as it fills. */
struct virus_cache *virus_cache_new(void);
void virus_cache_free(struct virus_cache **c);

/* SHA-256 of the content. */
void virus_cache_key(struct span message, unsigned char key[VIRUS_KEY_SIZE]);
bool virus_cache_get(const struct virus_cache *c,
	const unsigned char key[VIRUS_KEY_SIZE], int64_t now_ms,
	struct virus_answer *answer_r);
/* In the place of the oldest of its neighbours. */
void virus_cache_put(struct virus_cache *c,
	const unsigned char key[VIRUS_KEY_SIZE], int64_t now_ms,
	const struct virus_answer *a);
/* The signatures changed: forgets all, and keeps nothing for a while. */
void virus_cache_changed(struct virus_cache *c, int64_t now_ms);

#endif
