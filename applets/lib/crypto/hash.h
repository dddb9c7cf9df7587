/*
 * SHA-256 (FIPS 180-4), of bytes in memory.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/span.h"

enum { HASH_SHA256_SIZE = 32, HASH_SHA256_HEX_SIZE = 65 };

void hash_sha256(struct span s, unsigned char out[HASH_SHA256_SIZE]);
/* Lower-case hex and a NUL. */
void hash_sha256_hex(struct span s, char out[HASH_SHA256_HEX_SIZE]);

#endif
