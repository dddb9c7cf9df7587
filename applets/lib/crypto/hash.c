#include "crypto/hash.h"

#include <mbedtls/sha256.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

/* mbedtls 2.28 and 3.x name these calls differently. */
#if MBEDTLS_VERSION_MAJOR >= 3
#define SHA256 mbedtls_sha256
#define SHA256_STARTS mbedtls_sha256_starts
#define SHA256_UPDATE mbedtls_sha256_update
#define SHA256_FINISH mbedtls_sha256_finish
#else
#define SHA256 mbedtls_sha256_ret
#define SHA256_STARTS mbedtls_sha256_starts_ret
#define SHA256_UPDATE mbedtls_sha256_update_ret
#define SHA256_FINISH mbedtls_sha256_finish_ret
#endif

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct hash),
	"struct hash has room for the library's");

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

/* The library's view of our bytes; its state is plain memory. */
static mbedtls_sha256_context *context(struct hash *h)
{
	return (void *)h->state;
}

void hash_begin(struct hash *h)
{
	mbedtls_sha256_init(context(h));
	if (SHA256_STARTS(context(h), 0) != 0)
		log_panic("SHA-256 failed");
}

void hash_add(struct hash *h, struct span s)
{
	if (s.n && SHA256_UPDATE(context(h), s.p, s.n) != 0)
		log_panic("SHA-256 failed");
}

void hash_end(struct hash *h, unsigned char out[HASH_SHA256_SIZE])
{
	if (SHA256_FINISH(context(h), out) != 0)
		log_panic("SHA-256 failed");
}
