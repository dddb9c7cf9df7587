/*
 * ARC sets made by a test, right or wrong on purpose, with a key of its own.
 */
#ifndef ARC_TEST_H
#define ARC_TEST_H

#include <sodium.h>

#include "crypto/hash.h"
#include "mail_test.h"
#include "mailauth/dkim_canon.h"
#include "mailauth/dkim_tags.h"

struct test_set {
	unsigned i;
	const char *cv;		/* NULL: none for 1, else pass */
	const char *selector;	/* NULL: "s" */
	const char *more;	/* tags of the seal */
	const char *length;	/* "; l=N" of the message signature */
};

static unsigned char arc_test_seed[crypto_sign_SEEDBYTES] = "ARC's test key";

static inline void arc_test_key(char *text, size_t size)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	char base64[64];

	crypto_sign_seed_keypair(public, secret, arc_test_seed);
	sodium_bin2base64(base64, sizeof(base64), public, sizeof(public),
		sodium_base64_VARIANT_ORIGINAL);
	snprintf(text, size, "k=ed25519; p=%s", base64);
}

static inline char *arc_test_base64(struct arena *a, const void *p, size_t n)
{
	char *text = arena_alloc(a, 128);

	return sodium_bin2base64(text, 128, p, n,
		sodium_base64_VARIANT_ORIGINAL);
}

/* The field's text, "b=" last, with its signature behind it. */
static inline char *arc_test_sign(struct arena *a, struct canon_hash *c,
	const char *field)
{
	struct span all = span_of(field);
	size_t colon = span_chr(all, ':');
	struct header_field own = { .name = span_sub(all, 0, colon),
		.value = span_after(all, colon + 1) };
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	unsigned char hash[HASH_SHA256_SIZE], sig[crypto_sign_BYTES];

	canon_header_own(c, true, all, &own, span_after(all, all.n));
	canon_header_end(c, hash);
	crypto_sign_seed_keypair(public, secret, arc_test_seed);
	crypto_sign_detached(sig, NULL, hash, sizeof(hash), secret);
	return arena_printf(a, "%s%s\r\n", field,
		arc_test_base64(a, sig, sizeof(sig)));
}

/* Adds the first field of that name with this "i=N;". */
static inline void arc_test_add(struct canon_hash *c, const struct header *h,
	const char *name, unsigned i)
{
	char number[16];

	snprintf(number, sizeof(number), " i=%u;", i);
	for (size_t k = 0; k < h->n; k++)
		if (span_is(h->fields[k].name, name) &&
		    span_starts(h->fields[k].value, span_of(number))) {
			canon_header_add(c, true, (struct span){ 0 },
				&h->fields[k]);
			return;
		}
}

static inline struct span arc_test_seal(struct arena *a, struct span message,
	const struct test_set *s)
{
	const char *selector = s->selector ? s->selector : "s";
	const char *cv = s->cv ? s->cv : s->i == 1 ? "none" : "pass";
	const char *l = s->length ? s->length : "";
	struct canon_hash *c = arena_alloc(a, sizeof(*c));
	struct canon_body *b = arena_alloc(a, sizeof(*b));
	unsigned char hash[HASH_SHA256_SIZE];
	struct span all, body;
	struct header h;
	char *results, *text;

	header_parse(message, LIMITS, a, &h);
	body = span_after(message, h.size);
	canon_body_begin(b, true, *l ? strtoull(l + 4, NULL, 10) :
		UINT64_MAX);
	canon_body_add(b, body);
	canon_body_end(b, hash);
	canon_header_begin(c);
	for (size_t k = 0; k < 2; k++) {
		const struct header_field *f = header_find(&h, k ?
			SPAN("Subject") : SPAN("From"), 1);

		canon_header_add(c, true, message, f);
	}
	text = arc_test_sign(a, c, arena_printf(a, "ARC-Message-Signature: "
			"i=%u; a=ed25519-sha256; c=relaxed/relaxed; d=%s; s=%s"
			"; h=From:Subject; bh=%s%s; b=", s->i, s->i == 1 ?
			"one.example" : "two.example", selector,
			arc_test_base64(a, hash, sizeof(hash)), l));
	results = arena_printf(a, "ARC-Authentication-Results: i=%u; "
		"mx.example; arc=none\r\n", s->i);
	all = span_of(arena_printf(a, "%s%s%.*s", text, results,
			SPAN_FMT(message)));
	header_parse(all, LIMITS, a, &h);
	canon_header_begin(c);
	for (unsigned i = 1; i <= s->i; i++) {
		arc_test_add(c, &h, "ARC-Authentication-Results", i);
		arc_test_add(c, &h, "ARC-Message-Signature", i);
		arc_test_add(c, &h, "ARC-Seal", i);
	}
	text = arc_test_sign(a, c, arena_printf(a, "ARC-Seal: i=%u; "
			"a=ed25519-sha256; cv=%s; d=%s; s=%s%s; b=", s->i, cv,
			s->i == 1 ? "one.example" : "two.example", selector,
			s->more ? s->more : ""));
	return span_of(arena_printf(a, "%s%.*s", text, SPAN_FMT(all)));
}

#endif
