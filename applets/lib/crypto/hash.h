/*
 * SHA-256 (FIPS 180-4), of bytes in memory, at once or piece by piece; and
 * SHA-1 and HMAC-SHA-1 (RFC 2104), which old formats want.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/span.h"

enum { HASH_SHA256_SIZE = 32, HASH_SHA256_HEX_SIZE = 65,
	HASH_SHA1_SIZE = 20 };

void hash_sha256(struct span s, unsigned char out[HASH_SHA256_SIZE]);
/* Lower-case hex and a NUL. */
void hash_sha256_hex(struct span s, char out[HASH_SHA256_HEX_SIZE]);

/* For lists that know things by it, never for proof. */
void hash_sha1(struct span s, unsigned char out[HASH_SHA1_SIZE]);
void hash_hmac_sha1(struct span key, struct span s,
	unsigned char out[HASH_SHA1_SIZE]);

/*
 * Piece by piece: begin, add as often as wanted, end. Holds no memory of its
 * own, so one that is not ended is simply forgotten.
 */
struct hash {
	uint64_t state[16];
};

void hash_begin(struct hash *h);
void hash_add(struct hash *h, struct span s);
void hash_end(struct hash *h, unsigned char out[HASH_SHA256_SIZE]);

#endif
