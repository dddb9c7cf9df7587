#include "net/virus_cache.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"

enum { WAYS = 4, SETS = VIRUS_CACHE_ROWS / WAYS, FIELD_MAX = 4096 };

struct row {
	unsigned char key[VIRUS_KEY_SIZE];
	int64_t kept_ms;	/* 0: free */
	struct virus_answer answer;
};

struct virus_cache {
	int64_t quiet_until_ms;
	struct row rows[VIRUS_CACHE_ROWS];
};

struct virus_cache *virus_cache_new(void)
{
	return calloc(1, sizeof(struct virus_cache));
}

void virus_cache_free(struct virus_cache **c)
{
	free(*c);
	*c = NULL;
}

/* Of the way and the readers, or different in each copy for no reader. */
static bool is_of_the_way(struct span name)
{
	static const char *const names[] = {
		"received", "return-path", "delivered-to", "x-original-to",
		"envelope-to", "to", "cc", "date", "message-id",
		"dkim-signature", "domainkey-signature", "received-spf",
		"authentication-results", "arc-seal",
		"arc-message-signature", "arc-authentication-results",
		"list-unsubscribe", "feedback-id", "x-received",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (span_caseeq(name, span_of(names[i])))
			return true;
	return false;
}

/* Printable lines, ended by LF or CRLF. */
static bool is_plain(struct span field)
{
	for (size_t i = 0; i < field.n; i++) {
		unsigned char c = field.p[i];
		bool end = c == '\n' || (c == '\r' && i + 1 < field.n &&
			field.p[i + 1] == '\n');

		if (!end && c != '\t' && (c < ' ' || c > '~'))
			return false;
	}
	return field.n <= FIELD_MAX;
}

/* One field with the lines that continue it. */
static struct span cut_field(struct span rest)
{
	size_t at = 0;

	do {
		size_t n = span_chr(span_after(rest, at), '\n');

		at = n == SIZE_MAX ? rest.n : at + n + 1;
	} while (at < rest.n && (rest.p[at] == ' ' || rest.p[at] == '\t'));
	return span_sub(rest, 0, at);
}

void virus_cache_key(struct span message, unsigned char key[VIRUS_KEY_SIZE])
{
	struct span rest = message;
	struct hash h;

	hash_begin(&h);
	while (rest.n && rest.p[0] != '\n' && rest.p[0] != '\r') {
		struct span field = cut_field(rest);
		size_t colon = span_chr(field, ':');

		if (colon == SIZE_MAX || !is_plain(field) ||
		    !is_of_the_way(span_sub(field, 0, colon)))
			hash_add(&h, field);
		rest = span_after(rest, field.n);
	}
	hash_add(&h, rest);
	hash_end(&h, key);
}

static struct row *set_of(const struct virus_cache *c,
	const unsigned char *key)
{
	size_t set = (key[0] | (size_t)key[1] << 8) % SETS;

	return (struct row *)(uintptr_t)&c->rows[set * WAYS];
}

static struct row *find(const struct virus_cache *c, const unsigned char *key)
{
	struct row *set = set_of(c, key);

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].kept_ms &&
		    memcmp(set[i].key, key, VIRUS_KEY_SIZE) == 0)
			return &set[i];
	return NULL;
}

bool virus_cache_get(const struct virus_cache *c,
	const unsigned char key[VIRUS_KEY_SIZE], int64_t now_ms,
	struct virus_answer *answer_r)
{
	const struct row *r = find(c, key);

	if (r == NULL || now_ms - r->kept_ms >= VIRUS_CACHE_KEPT_MS)
		return false;
	*answer_r = r->answer;
	return true;
}

/* Of its neighbours the free or the oldest; its own, if it has one. */
static struct row *place(const struct virus_cache *c, const unsigned char *key)
{
	struct row *set = set_of(c, key), *best = find(c, key);

	for (size_t i = 0; best == NULL && i < WAYS; i++)
		if (set[i].kept_ms == 0)
			best = &set[i];
	if (best)
		return best;
	best = set;
	for (size_t i = 1; i < WAYS; i++)
		if (set[i].kept_ms < best->kept_ms)
			best = &set[i];
	return best;
}

void virus_cache_put(struct virus_cache *c,
	const unsigned char key[VIRUS_KEY_SIZE], int64_t now_ms,
	const struct virus_answer *a)
{
	struct row *r;

	if (now_ms < c->quiet_until_ms || (a->says != VIRUS_SAYS_CLEAN &&
	    a->says != VIRUS_SAYS_FOUND))
		return;
	r = place(c, key);
	memcpy(r->key, key, VIRUS_KEY_SIZE);
	r->kept_ms = now_ms;
	r->answer = *a;
}

void virus_cache_changed(struct virus_cache *c, int64_t now_ms)
{
	memset(c->rows, 0, sizeof(c->rows));
	c->quiet_until_ms = now_ms + VIRUS_CACHE_QUIET_MS;
}
