#include "notice_cap.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "crypto/hash.h"

enum { WAYS = 8, SETS = NOTICE_CAP_PERSONS / WAYS, WHO_SIZE = 80,
	TENDED = 64 /* sets, at a time */ };

struct person {
	uint64_t key;
	int64_t since_ms;
	uint32_t had, missed;
	char who[WHO_SIZE];	/* for the log, cut */
};

static struct person persons[SETS][WAYS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct id salt;		/* nobody can choose who shares a set */

static uint64_t key_of(struct span who)
{
	unsigned char sum[HASH_SHA256_SIZE];
	struct hash h;
	uint64_t key;

	if (salt.text[0] == 0)
		salt = id_new();
	hash_begin(&h);
	hash_add(&h, span_of(salt.text));
	for (size_t i = 0; i < who.n; i++) {
		unsigned char c = span_lower(who.p[i]);

		hash_add(&h, span_from(&c, 1));
	}
	hash_end(&h, sum);
	memcpy(&key, sum, sizeof(key));
	return key | 1;		/* 0: nobody */
}

/* Begins anew, and says what the hour before came to. */
static void end_hour(struct person *p)
{
	if (p->missed)
		log_warn("notices to <%s>: %u were left out, %u were written",
			p->who, (unsigned)p->missed, (unsigned)p->had);
	*p = (struct person){ .key = 0 };
}

static struct person *person_of(struct span who, int64_t now_ms)
{
	uint64_t key = key_of(who);
	struct person *set = persons[key / 2 % SETS], *least = set;

	for (size_t i = 0; i < WAYS; i++) {
		struct person *p = &set[i];

		if (p->key == key)
			return p;
		if (p->had < least->had || (p->had == least->had &&
		    p->since_ms < least->since_ms))
			least = p;
	}
	end_hour(least);
	least->key = key;
	least->since_ms = now_ms;
	snprintf(least->who, sizeof(least->who), "%.*s", SPAN_FMT(
		span_sub(who, 0, WHO_SIZE - 1)));
	return least;
}

static bool may_have(struct span who, int64_t now_ms)
{
	struct person *p = person_of(who, now_ms);

	if (now_ms - p->since_ms >= NOTICE_CAP_MS) {
		end_hour(p);
		p = person_of(who, now_ms);
	}
	if (p->had < NOTICE_CAP) {
		p->had++;
		return true;
	}
	if (p->missed++ == 0)
		log_warn("notices to <%s>: %d within an hour are enough, "
			"further ones are left out", p->who, NOTICE_CAP);
	return false;
}

static size_t cap(struct notice *n, int64_t now_ms)
{
	size_t kept = 0, all = n->nto;

	for (size_t i = 0; i < all; i++)
		if (may_have(n->to[i], now_ms))
			n->to[kept++] = n->to[i];
	n->nto = kept;
	return all - kept;
}

static size_t cap_group(struct group *g, int64_t now_ms)
{
	size_t kept = 0, out = 0;

	for (size_t i = 0; i < g->nnotices; i++) {
		out += cap(&g->notices[i], now_ms);
		if (g->notices[i].nto)
			g->notices[kept++] = g->notices[i];
	}
	g->nnotices = kept;
	return out;
}

size_t notice_cap(struct verdict *v, int64_t now_ms)
{
	size_t out = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < v->ngroups; i++)
		out += cap_group(&v->groups[i], now_ms);
	pthread_mutex_unlock(&lock);
	return out;
}

void notice_cap_tend(int64_t now_ms)
{
	static size_t next;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < TENDED; i++, next = (next + 1) % SETS)
		for (size_t k = 0; k < WAYS; k++) {
			struct person *p = &persons[next][k];

			if (p->key && now_ms - p->since_ms >= NOTICE_CAP_MS)
				end_hour(p);
		}
	pthread_mutex_unlock(&lock);
}
