/*
 * Private keys that sign: RSA with PKCS#1 v1.5 and SHA-256 (RFC 8017 section
 * 8.2), with blinding; Ed25519 (RFC 8032).
 *
 * Files are PEM: PKCS#8 (RFC 5958, for Ed25519 RFC 8410) or, RSA only,
 * PKCS#1. RSA keys under SIGN_RSA_LEAST bits are not to be used for mail (RFC
 * 8301), over SIGN_RSA_MOST not every verifier takes them.
 */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"

enum {
	SIGN_RSA_LEAST = 1024,
	SIGN_RSA_MOST = 4096,
	SIGN_RSA_BITS = 2048,	/* of a new key */
	SIGN_MOST = SIGN_RSA_MOST / 8, /* bytes of a signature */
	SIGN_PEM_MAX = 8192,	/* bytes of a key file */
};

enum sign_kind { SIGN_RSA, SIGN_ED25519 };

struct sign_key; /* wiped when freed; one thread at a time */

/* NULL and *e. An RSA key takes a tenth of a second to some seconds. */
struct sign_key *sign_generate(enum sign_kind kind, struct err *e);
/* name: of the file, for *e. The text stays the caller's, to be wiped. */
struct sign_key *sign_read(struct span pem, const char *name, struct err *e);
/* The same from a file; its text is wiped. */
struct sign_key *sign_load(const char *path, struct err *e);
void sign_free(struct sign_key **k);

enum sign_kind sign_kind(const struct sign_key *k);
unsigned sign_bits(const struct sign_key *k);

/* Appends the private key as PEM, to be wiped by the caller. */
int sign_put_private(const struct sign_key *k, struct buf *pem,
	struct err *e);
/*
 * Appends what a DKIM record has as p=, before base64: a DER
 * SubjectPublicKeyInfo, or the 32 bytes (RFC 6376 3.6.1, RFC 8463 4).
 */
int sign_put_public(const struct sign_key *k, struct buf *b, struct err *e);

/*
 * Signs a SHA-256 hash; with Ed25519 the hash's bytes are the message (RFC
 * 8463 section 3). *n_r: the signature's bytes. -1: the library failed.
 */
int sign_hash(struct sign_key *k, const unsigned char hash[HASH_SHA256_SIZE],
	unsigned char signature_r[SIGN_MOST], size_t *n_r, struct err *e);

#endif
