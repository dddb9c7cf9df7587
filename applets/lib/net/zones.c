#include "net/zones.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 256 };

struct zone {
	unsigned char name[NAME_BYTES];
	size_t n;		/* 0: free */
	int64_t used_ms;
	unsigned flying;	/* questions and proofs without an end */
	unsigned failed;	/* in a row */
	bool open;		/* it rests, until until_ms */
	bool trying;		/* one question tries it again */
	int64_t until_ms, rest_ms;
	bool lies;
	int64_t proof_ms;	/* when the next one is due */
};

struct zones {
	struct zone v[ZONES_MAX];
};

struct zones *zones_new(void)
{
	return calloc(1, sizeof(struct zones));
}

void zones_free(struct zones **z)
{
	free(*z);
	*z = NULL;
}

/* A free place, or that of the one nobody wanted for longest. */
static struct zone *make_room(struct zones *z)
{
	struct zone *best = NULL;

	for (size_t i = 0; i < ZONES_MAX; i++) {
		struct zone *it = &z->v[i];

		if (it->flying == 0 && (best == NULL ||
		    (best->n && (it->n == 0 || it->used_ms < best->used_ms))))
			best = it;
	}
	return best;
}

struct zone *zones_find(struct zones *z, struct span name, int64_t now_ms)
{
	struct zone *it = NULL;

	if (name.n == 0 || name.n > NAME_BYTES)
		return NULL;
	for (size_t i = 0; i < ZONES_MAX && it == NULL; i++)
		if (span_caseeq(span_from(z->v[i].name, z->v[i].n), name))
			it = &z->v[i];
	if (it == NULL) {
		it = make_room(z);
		if (it == NULL)
			return NULL;
		*it = (struct zone){ .n = name.n, .rest_ms = ZONES_REST_MS,
			.proof_ms = now_ms };
		memcpy(it->name, name.p, name.n);
	}
	it->used_ms = now_ms;
	return it;
}

const char *zone_begin(struct zone *z, bool proof, int64_t now_ms)
{
	if (z->open && (now_ms < z->until_ms || z->trying))
		return "rests: too many questions without an answer";
	if (z->lies && proof)
		return "lists what no list may list";
	z->trying = z->open;
	z->flying++;
	return NULL;
}

bool zone_end(struct zone *z, bool answered, int64_t now_ms)
{
	z->flying--;
	if (answered) {
		z->failed = 0;
		z->open = z->trying = false;
		z->rest_ms = ZONES_REST_MS;
		return false;
	}
	if (++z->failed < ZONES_FAILED || (z->open && !z->trying))
		return false;
	z->rest_ms = !z->open ? ZONES_REST_MS :
		z->rest_ms * 2 > ZONES_REST_MOST_MS ? ZONES_REST_MOST_MS :
		z->rest_ms * 2;
	z->open = true;
	z->trying = false;
	z->until_ms = now_ms + z->rest_ms;
	return true;
}

void zone_cancel(struct zone *z)
{
	z->flying--;
	z->trying = false;
}

bool zone_wants_proof(struct zone *z, int64_t now_ms)
{
	if (z->open || now_ms < z->proof_ms)
		return false;
	/* One at a time: the next is due when this one has ended. */
	z->proof_ms = INT64_MAX;
	z->flying++;
	return true;
}

void zone_proved(struct zone *z, enum zone_proof proof, int64_t now_ms)
{
	z->flying--;
	if (proof != ZONE_UNPROVED)
		z->lies = proof == ZONE_LIES;
	z->proof_ms = now_ms + (proof == ZONE_GOOD ? ZONES_PROOF_MS :
		ZONES_PROOF_AGAIN_MS);
}
