#include "guard.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/netaddr.h"
#include "crypto/secret.h"

enum {
	WINDOW_MS = 600000,
	ACCOUNT_WRONG = 5,
	PEER_WRONG = 20,
	/*
	 * Counts that are kept: the oldest goes for a new one. Filling the
	 * table to be forgotten takes so many wrong tries from 200 peers.
	 */
	COUNTS = 4096,
};

static struct count {
	uint64_t key;		/* 0: free */
	int64_t since_ms;
	unsigned wrong;
} counts[COUNTS];

static uint64_t seed[2];

/* Names are hashed: what somebody typed is not kept. Never 0. */
static uint64_t key_of(char kind, struct span s)
{
	unsigned char text[256];

	if (seed[0] == 0)
		secret_random(seed, sizeof(seed));
	s = span_sub(s, 0, sizeof(text) - 1);
	text[0] = (unsigned char)kind;
	if (s.n)
		memcpy(text + 1, s.p, s.n);
	return map_hash(seed, span_from(text, s.n + 1)) | 1;
}

static uint64_t peer_key(struct span peer)
{
	struct netaddr addr;

	if (!netaddr_parse(peer, &addr))
		return key_of('p', peer);
	return key_of('p', span_from(addr.b, addr.n == 16 ? 8 : addr.n));
}

/* The live count of that key; NULL: none. */
static struct count *find(uint64_t key, int64_t now_ms)
{
	for (size_t i = 0; i < COUNTS; i++)
		if (counts[i].key == key)
			return now_ms - counts[i].since_ms < WINDOW_MS ?
				&counts[i] : NULL;
	return NULL;
}

static void add(uint64_t key, int64_t now_ms)
{
	struct count *c = find(key, now_ms);

	if (c) {
		c->wrong++;
		return;
	}
	c = &counts[0];
	for (size_t i = 0; i < COUNTS; i++) {
		if (counts[i].key == key) {
			c = &counts[i];
			break;
		}
		if (counts[i].since_ms < c->since_ms)
			c = &counts[i];
	}
	*c = (struct count){ key, now_ms, 1 };
}

static unsigned wait_of(uint64_t key, unsigned most, int64_t now_ms)
{
	const struct count *c = find(key, now_ms);

	if (c == NULL || c->wrong < most)
		return 0;
	return (unsigned)((c->since_ms + WINDOW_MS - now_ms + 999) / 1000);
}

unsigned guard_wait(struct span account, struct span peer, int64_t now_ms)
{
	unsigned a = wait_of(key_of('a', account), ACCOUNT_WRONG, now_ms);
	unsigned p = wait_of(peer_key(peer), PEER_WRONG, now_ms);

	return a > p ? a : p;
}

void guard_wrong(struct span account, struct span peer, int64_t now_ms)
{
	add(key_of('a', account), now_ms);
	add(peer_key(peer), now_ms);
}

void guard_right(struct span account)
{
	struct count *c = find(key_of('a', account), INT64_MIN / 2);

	if (c)
		*c = (struct count){ 0 };
}
