/*
 * Is this a signature of that hash by this public key?
 *
 * RSA with PKCS#1 v1.5 and SHA-256 (RFC 8017 section 8.2) through OpenSSL's
 * libcrypto, Ed25519 (RFC 8032) through libsodium. Keys come from strangers:
 * a modulus over VERIFY_RSA_MOST bits or an exponent over 64 is refused
 * unseen, so that no key costs more than a few milliseconds.
 */
#ifndef CRYPTO_VERIFY_H
#define CRYPTO_VERIFY_H

#include "crypto/hash.h"

enum { VERIFY_RSA_MOST = 8192, VERIFY_ED25519_BITS = 256 };

enum verify_result {
	VERIFY_GOOD,
	VERIFY_BAD,	/* not a signature of this by that key */
	VERIFY_NO_KEY,	/* the bytes are no public key of this kind */
};

/*
 * der: a SubjectPublicKeyInfo (RFC 5280) or a bare RSAPublicKey (RFC 8017).
 * *bits_r: the modulus', 0 with VERIFY_NO_KEY. Nothing is calculated for a
 * key of less than least bits: VERIFY_BAD.
 */
enum verify_result verify_rsa_sha256(struct span der, unsigned least,
	const unsigned char hash[HASH_SHA256_SIZE], struct span signature,
	unsigned *bits_r);

/* key: 32 bytes. message: as signed (DKIM signs the hash, RFC 8463). */
enum verify_result verify_ed25519(struct span key, struct span message,
	struct span signature);

#endif
