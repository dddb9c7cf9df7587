/*
 * DKIM signing (RFC 6376 section 5) in two steps, so that who reads the
 * message never holds a key: the field without its signature and the hash to
 * sign are made here; the signer signs the hash; the two are joined.
 */
#ifndef MAILAUTH_DKIM_SIGN_H
#define MAILAUTH_DKIM_SIGN_H

#include "crypto/hash.h"
#include "mail/header.h"

struct dkim_signing {
	struct span domain, selector;
	bool ed25519;			/* else rsa-sha256 */
	uint64_t now;			/* t= */
};

/* Of a relaxed body: once for all copies whose headers differ. */
void dkim_sign_body(struct span body, struct arena *a,
	unsigned char hash_r[HASH_SHA256_SIZE]);
/*
 * The names for h=, "a:b:c", each as often as it is to be signed. Empty: this
 * header is not to be signed: it has not exactly one From, or is over the
 * limits.
 */
struct span dkim_sign_names(const struct header *h, struct arena *a);
/*
 * relaxed/relaxed over the fields of RFC 6376 section 5.4.1 that are there,
 * From, Subject, Date, To, Cc, Reply-To and the MIME fields oversigned.
 * *field_r is the value of DKIM-Signature with its leading blank, folded
 * (CRLF and a tab), up to and with "b=". False: this header is not to be
 * signed.
 */
bool dkim_sign_prepare(const struct dkim_signing *s, const struct header *h,
	const unsigned char body_hash[HASH_SHA256_SIZE], struct arena *a,
	struct span *field_r, unsigned char hash_r[HASH_SHA256_SIZE]);
/* The whole value. */
struct span dkim_sign_join(struct span field, struct span signature,
	struct arena *a);

#endif
