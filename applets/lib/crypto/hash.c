#include "crypto/hash.h"

#include <mbedtls/sha256.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

/* mbedtls 2.28 and 3.x name this call differently. */
#if MBEDTLS_VERSION_MAJOR >= 3
#define SHA256 mbedtls_sha256
#else
#define SHA256 mbedtls_sha256_ret
#endif

void hash_sha256(struct span s, unsigned char out[HASH_SHA256_SIZE])
{
	static const unsigned char none[1];

	if (SHA256(s.n ? s.p : none, s.n, out, 0) != 0)
		log_panic("SHA-256 failed");
}

void hash_sha256_hex(struct span s, char out[HASH_SHA256_HEX_SIZE])
{
	unsigned char raw[HASH_SHA256_SIZE];

	hash_sha256(s, raw);
	for (size_t i = 0; i < HASH_SHA256_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}
