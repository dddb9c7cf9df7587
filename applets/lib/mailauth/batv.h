/*
 * Bounce address tag validation: our envelope senders carry a tag, so that
 * bounces of mail which we never sent are known (draft-levine-smtp-batv-01,
 * "prvs" with HMAC-SHA-1):
 *	prvs=KDDDSSSSSS=local@domain
 * K number of the key, DDD the day (of 1970, modulo 1000) on which it ends,
 * SSSSSS the first three bytes of the HMAC over "KDDDlocal@domain" in lower
 * case. Pure: the time is given.
 */
#ifndef MAILAUTH_BATV_H
#define MAILAUTH_BATV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/root.h"

/* Front's alone; pm setup makes it. */
#define BATV_KEY_FILE ROOT_ETC "/batv.key"

enum {
	BATV_KEYS_MAX = 10,	/* one for each digit */
	BATV_SECRET_SIZE = 32,
	BATV_DAYS = 7,		/* that a tag is good for */
	BATV_TAG_SIZE = 16,	/* "prvs=KDDDSSSSSS=" */
};

struct batv_key {
	unsigned char number;	/* 0 to 9 */
	unsigned char secret[BATV_SECRET_SIZE];
};

/* The first one signs; all of them are believed. None: nothing is signed. */
struct batv_keys {
	struct batv_key v[BATV_KEYS_MAX];
	size_t n;
};

enum batv_result {
	BATV_NONE,		/* no tag, or one of somebody else's system */
	BATV_GOOD,
	BATV_BAD,		/* not made by us, or for another address */
	BATV_EXPIRED,
	BATV_N
};

/* "none", "good", "bad", "expired" */
const char *batv_word(enum batv_result r);

/*
 * Lines of "K HEX", 64 hex digits each; # starts a comment line. Errors read
 * "line N: what".
 */
int batv_read_keys(struct span text, struct batv_keys *keys_r,
	struct err *e);
/* The text of one key, new and random. */
void batv_make_key(struct buf *b);

/*
 * The address with a tag, in the arena. An empty one, one without a domain
 * and one that has a tag stay as they are.
 */
struct span batv_sign(const struct batv_keys *keys, struct span address,
	int64_t now_ms, struct arena *a);
/*
 * What the tag of a recipient is worth; *bare_r is the address without it
 * when it is GOOD or EXPIRED, else the address. Without keys: BATV_NONE.
 */
enum batv_result batv_check(const struct batv_keys *keys,
	struct span address, int64_t now_ms, struct span *bare_r);

#endif
