#include "mailauth/dkim_run.h"

#include <limits.h>
#include <string.h>

#include "crypto/verify.h"
#include "mailauth/dkim_key.h"

enum { RSA_LEAST = 1024, RSA_SHORT = 2048 };

void dkim_settle(struct dkim_signature *s, enum auth_result result,
	const char *problem)
{
	s->result = result;
	s->problem = span_of(problem);
}

/* FNV-1a of the name in lower case: names are compared many times. */
static uint32_t name_hash(struct span name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ span_lower(name.p[i])) * 16777619u;
	return h;
}

static const uint32_t *field_names(struct dkim_run *r)
{
	if (r->names)
		return r->names;
	r->names = arena_array(r->a, r->h->n + 1, sizeof(*r->names));
	for (size_t i = 0; i < r->h->n; i++)
		r->names[i] = name_hash(r->h->fields[i].name);
	return r->names;
}

/* The lowest field of that name that is not taken; SIZE_MAX: none. */
static size_t take_field(struct dkim_run *r, struct span name, bool *taken)
{
	const uint32_t *names = field_names(r);
	uint32_t hash = name_hash(name);

	for (size_t i = r->h->n; i-- > 0;)
		if (names[i] == hash && !taken[i] &&
		    span_caseeq(r->h->fields[i].name, name)) {
			taken[i] = true;
			return i;
		}
	return SIZE_MAX;
}

unsigned dkim_run_hash_named(struct dkim_run *r, struct span names,
	bool relaxed, struct canon_hash *c)
{
	bool *taken = arena_array(r->a, r->h->n + 1, sizeof(*taken));
	struct span name;
	unsigned froms = 0;

	while (dkim_list_next(&names, &name)) {
		size_t i = take_field(r, name, taken);

		if (span_caseeq(name, SPAN("From")))
			froms++;
		if (i != SIZE_MAX)
			canon_header_add(c, relaxed, r->message,
				&r->h->fields[i]);
	}
	return froms;
}

void dkim_run_hash_header(struct dkim_run *r, const struct dkim_field *f,
	struct dkim_signature *s, unsigned char hash_r[HASH_SHA256_SIZE])
{
	struct canon_hash *c = arena_alloc(r->a, sizeof(*c));
	unsigned froms;

	canon_header_begin(c);
	froms = dkim_run_hash_named(r, f->names, f->relaxed_header, c);
	canon_header_own(c, f->relaxed_header, r->message, f->field,
		f->b_raw);
	canon_header_end(c, hash_r);
	if (froms && froms < header_count(r->h, SPAN("From")))
		s->flags |= DKIM_SECOND_FROM;
	if (froms > header_count(r->h, SPAN("From")))
		s->flags |= DKIM_OVERSIGNED;
}

/* NULL: there were too many different ones. */
static const struct dkim_body_hash *hash_body(struct dkim_run *r,
	const struct dkim_field *f)
{
	struct canon_body *c;
	struct dkim_body_hash *b;

	for (size_t i = 0; i < r->nbodies; i++)
		if (r->bodies[i].relaxed == f->relaxed_body &&
		    r->bodies[i].length == f->length)
			return &r->bodies[i];
	if (r->nbodies == DKIM_BODIES_MAX)
		return NULL;
	b = &r->bodies[r->nbodies++];
	b->relaxed = f->relaxed_body;
	b->length = f->length;
	c = arena_alloc(r->a, sizeof(*c));
	canon_body_begin(c, b->relaxed, b->length);
	canon_body_add(c, span_after(r->message, r->h->size));
	canon_body_end(c, b->hash);
	b->total = c->total;
	return b;
}

/* False: l= is of another body. */
static bool length_fits(const struct dkim_body_hash *b,
	const struct dkim_field *f, struct dkim_signature *s)
{
	if (f->length != UINT64_MAX && f->length > b->total) {
		dkim_settle(s, AUTH_PERMERROR, "l= is longer than the body");
		return false;
	}
	if (f->length < b->total)
		s->flags |= DKIM_PARTIAL;
	return true;
}

bool dkim_run_body_fits(struct dkim_run *r, const struct dkim_field *f,
	struct dkim_signature *s)
{
	const struct dkim_body_hash *b = hash_body(r, f);

	return b && length_fits(b, f, s) &&
	       memcmp(b->hash, f->body_hash.p, HASH_SHA256_SIZE) == 0;
}

/* t=s: the identity is of the very domain (section 3.6.1). */
static bool identity_is_of_domain(const struct dkim_signature *s)
{
	return span_caseeq(span_after(s->identity,
			span_rchr(s->identity, '@') + 1), s->domain);
}

/* What is left to say of a key that is one. */
static void judge_fit(const unsigned char *hash, enum verify_result v,
	struct dkim_signature *s)
{
	if (!hash)
		dkim_settle(s, AUTH_FAIL, "the body is not as it was signed");
	else
		dkim_settle(s, v == VERIFY_GOOD ? AUTH_PASS : AUTH_FAIL,
			v == VERIFY_GOOD ? "" : "the signature does not fit");
}

/* Without a hash nothing is calculated, but the key is looked at. */
static void judge_rsa(const struct dkim_field *f, struct span key,
	const unsigned char *hash, struct dkim_signature *s)
{
	static const unsigned char none[HASH_SHA256_SIZE];
	enum verify_result v = verify_rsa_sha256(key, hash ? RSA_LEAST :
		UINT_MAX, hash ? hash : none, f->signature, &s->key_bits);

	s->flags &= ~(unsigned)(DKIM_WEAK_KEY | DKIM_SHORT_KEY);
	if (v == VERIFY_NO_KEY) {
		dkim_settle(s, AUTH_PERMERROR, "p= is no RSA key");
	} else if (s->key_bits < RSA_LEAST) {
		s->flags |= DKIM_WEAK_KEY;
		dkim_settle(s, AUTH_POLICY,
			"the RSA key is under 1024 bits (RFC 8301)");
	} else {
		if (s->key_bits < RSA_SHORT)
			s->flags |= DKIM_SHORT_KEY;
		judge_fit(hash, v, s);
	}
}

static void judge_ed25519(const struct dkim_field *f, struct span key,
	const unsigned char *hash, struct dkim_signature *s)
{
	enum verify_result v = verify_ed25519(key,
		span_from(hash, hash ? HASH_SHA256_SIZE : 0),
		hash ? f->signature : (struct span){ 0 });

	s->key_bits = v == VERIFY_NO_KEY ? 0 : VERIFY_ED25519_BITS;
	if (v == VERIFY_NO_KEY)
		dkim_settle(s, AUTH_PERMERROR, "p= is no Ed25519 key");
	else
		judge_fit(hash, v, s);
}

/* hash: of the header; NULL: the body does not fit anyhow. */
static void judge_key(struct dkim_run *r, const struct dkim_field *f,
	struct span record, const unsigned char *hash,
	struct dkim_signature *s)
{
	struct dkim_key key;
	const char *problem = dkim_key_read(record, r->a, &key);

	s->flags &= ~(unsigned)(DKIM_TESTING | DKIM_REVOKED);
	s->flags |= key.testing ? DKIM_TESTING : 0u;
	s->flags |= key.revoked ? DKIM_REVOKED : 0u;
	if (problem)
		dkim_settle(s, AUTH_PERMERROR, problem);
	else if (key.ed25519 != f->ed25519)
		dkim_settle(s, AUTH_PERMERROR,
			"the key is for another algorithm");
	else if (key.strict && !identity_is_of_domain(s))
		dkim_settle(s, AUTH_PERMERROR,
			"the key allows no identity below its domain");
	else if (f->ed25519)
		judge_ed25519(f, key.bytes, hash, s);
	else
		judge_rsa(f, key.bytes, hash, s);
}

/* A name may have several keys (section 6.1.2): the first that fits. */
static void judge_keys(struct dkim_run *r, const struct dkim_field *f,
	const struct question *q, const unsigned char *hash,
	struct dkim_signature *s)
{
	dkim_settle(s, AUTH_PERMERROR, "there is no key");
	for (size_t i = 0; i < q->nrecords && i < DKIM_KEYS_MAX; i++) {
		struct span record;

		if (r->tries++ == DKIM_TRIES_MAX) {
			dkim_settle(s, AUTH_POLICY, "there are too many keys");
			break;
		}
		if (!lookup_txt(q->records[i], r->a, &record))
			dkim_settle(s, AUTH_PERMERROR,
				"the key record is not well-formed");
		else
			judge_key(r, f, record, hash, s);
		if (s->result == AUTH_PASS)
			break;
	}
	if (s->result == AUTH_PASS && (s->flags & DKIM_SECOND_FROM))
		dkim_settle(s, AUTH_POLICY, "a second From is not signed");
}

struct dkim_run *dkim_run_new(struct span message, const struct header *h,
	struct arena *a)
{
	struct dkim_run *r = arena_alloc(a, sizeof(*r));

	*r = (struct dkim_run){ .message = message, .h = h, .a = a };
	return r;
}

const struct question *dkim_run_ask(struct lookup *l, struct arena *a,
	const struct dkim_signature *s)
{
	return lookup_ask(l, span_of(arena_printf(a, "%.*s._domainkey.%.*s",
			SPAN_FMT(s->selector), SPAN_FMT(s->domain))),
		LOOKUP_TXT);
}

/* False: there is no key, now or at all. */
static bool key_there(const struct question *q, struct dkim_signature *s)
{
	if (q->state == ASK_LATER)
		dkim_settle(s, AUTH_TEMPERROR, "the DNS did not answer");
	else if (q->state != ASK_YES)
		dkim_settle(s, AUTH_PERMERROR, "there is no key");
	return q->state == ASK_YES;
}

void dkim_run_judge(struct dkim_run *r, const struct dkim_field *f,
	const struct question *q, struct dkim_signature *s)
{
	unsigned char hash[HASH_SHA256_SIZE];
	const struct dkim_body_hash *b;

	if (!key_there(q, s))
		return;
	b = hash_body(r, f);
	if (!b) {
		dkim_settle(s, AUTH_POLICY, "l= has too many values");
		return;
	}
	if (!length_fits(b, f, s))
		return;
	dkim_run_hash_header(r, f, s, hash);
	judge_keys(r, f, q, memcmp(b->hash, f->body_hash.p,
			HASH_SHA256_SIZE) == 0 ? hash : NULL, s);
}

void dkim_run_judge_hash(struct dkim_run *r, const struct dkim_field *f,
	const struct question *q, const unsigned char hash[HASH_SHA256_SIZE],
	struct dkim_signature *s)
{
	if (key_there(q, s))
		judge_keys(r, f, q, hash, s);
}
