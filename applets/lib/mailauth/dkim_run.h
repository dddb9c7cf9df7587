/*
 * Signatures of one message, judged: what DKIM-Signature (RFC 6376 section
 * 6.1) and ARC's two kinds (RFC 8617 section 4.1) share. What is hashed for
 * one is not hashed again for the next.
 */
#ifndef MAILAUTH_DKIM_RUN_H
#define MAILAUTH_DKIM_RUN_H

#include "crypto/hash.h"
#include "mailauth/dkim_canon.h"
#include "mailauth/dkim_field.h"

enum {
	DKIM_BODIES_MAX = 8,	/* different hashes of the body */
	DKIM_TRIES_MAX = 128,	/* keys that are tried, of all signatures */
};

struct dkim_body_hash {
	bool relaxed;
	uint64_t length, total;
	unsigned char hash[HASH_SHA256_SIZE];
};

struct dkim_run {
	struct span message;
	const struct header *h;
	struct arena *a;
	uint32_t *names;		/* of each field, hashed */
	struct dkim_body_hash bodies[DKIM_BODIES_MAX];
	size_t nbodies;
	size_t tries;
};

/* In the arena; message and h as dkim_check has them. */
struct dkim_run *dkim_run_new(struct span message, const struct header *h,
	struct arena *a);

/*
 * Adds the fields that a list "a:b:c" names, of each name the lowest first
 * (RFC 6376 section 5.4.2). How often it names From.
 */
unsigned dkim_run_hash_named(struct dkim_run *r, struct span names,
	bool relaxed, struct canon_hash *c);

/*
 * What the signature is over (section 3.7): the fields, then its own. Flags
 * of *s say whether From is signed more or less often than it is there.
 */
void dkim_run_hash_header(struct dkim_run *r, const struct dkim_field *f,
	struct dkim_signature *s, unsigned char hash_r[HASH_SHA256_SIZE]);
/* Is the body the one that bh= is the hash of? */
bool dkim_run_body_fits(struct dkim_run *r, const struct dkim_field *f,
	struct dkim_signature *s);

/* The question for its key. */
const struct question *dkim_run_ask(struct lookup *l, struct arena *a,
	const struct dkim_signature *s);
/*
 * Settles a signature over a body and fields named by h=; q: dkim_run_ask's
 * question, answered.
 */
void dkim_run_judge(struct dkim_run *r, const struct dkim_field *f,
	const struct question *q, struct dkim_signature *s);
/* The same for one whose hash is known. */
void dkim_run_judge_hash(struct dkim_run *r, const struct dkim_field *f,
	const struct question *q, const unsigned char hash[HASH_SHA256_SIZE],
	struct dkim_signature *s);

void dkim_settle(struct dkim_signature *s, enum auth_result result,
	const char *problem);

#endif
