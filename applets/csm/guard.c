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
	KNOWN = 256,	/* who logged in from where, the newest */
};

#define KNOWN_MS (INT64_C(30) * 86400 * 1000)

static struct count {
	uint64_t key;		/* 0: free */
	int64_t since_ms;
	unsigned wrong;
} counts[COUNTS];

static struct known {
	uint64_t key;		/* of account and peer; 0: free */
	int64_t since_ms;
} known[KNOWN];

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

static uint64_t pair_key(struct span account, struct span peer)
{
	uint64_t both[2] = { key_of('a', account), peer_key(peer) };

	return key_of('b', span_from(both, sizeof(both)));
}

static struct known *find_known(uint64_t pair, int64_t now_ms)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].key == pair &&
		    now_ms - known[i].since_ms < KNOWN_MS)
			return &known[i];
	return NULL;
}

/* Takes the place of the oldest: only who knows a password gets one. */
static void remember(uint64_t pair, int64_t now_ms)
{
	struct known *k = find_known(pair, now_ms);

	for (size_t i = 0; k == NULL && i < KNOWN; i++)
		if (known[i].key == 0)
			k = &known[i];
	if (k == NULL) {
		k = known;
		for (size_t i = 1; i < KNOWN; i++)
			if (known[i].since_ms < k->since_ms)
				k = &known[i];
	}
	*k = (struct known){ pair, now_ms };
}

/* What counts his wrong tries: the account's key, or his own. */
static uint64_t account_key(struct span account, struct span peer,
	int64_t now_ms)
{
	uint64_t pair = pair_key(account, peer);

	return find_known(pair, now_ms) ? pair : key_of('a', account);
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
	unsigned a = wait_of(account_key(account, peer, now_ms),
		ACCOUNT_WRONG, now_ms);
	unsigned p = wait_of(peer_key(peer), PEER_WRONG, now_ms);

	return a > p ? a : p;
}

void guard_wrong(struct span account, struct span peer, int64_t now_ms)
{
	add(account_key(account, peer, now_ms), now_ms);
	add(peer_key(peer), now_ms);
}

static void start_again(uint64_t key)
{
	struct count *c = find(key, INT64_MIN / 2);

	if (c)
		*c = (struct count){ 0 };
}

void guard_right(struct span account, struct span peer, int64_t now_ms)
{
	uint64_t pair = pair_key(account, peer);

	start_again(key_of('a', account));
	start_again(pair);
	remember(pair, now_ms);
}
