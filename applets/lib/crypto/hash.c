/*
 * OpenSSL's plain SHA-256: four times as fast as mbedtls's where the processor
 * has instructions for it, its state is plain memory, and unlike EVP it needs
 * neither providers nor a configuration, so it works in any sandbox. It is
 * marked as deprecated because it cannot be replaced by a provider.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <mbedtls/md.h>
#include <openssl/sha.h>
#include <stdio.h>

#include "base/log.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct hash),
	"struct hash has room for the library's");

void hash_sha256(struct span s, unsigned char out[HASH_SHA256_SIZE])
{
	struct hash h;

	hash_begin(&h);
	hash_add(&h, s);
	hash_end(&h, out);
}

void hash_sha256_hex(struct span s, char out[HASH_SHA256_HEX_SIZE])
{
	unsigned char raw[HASH_SHA256_SIZE];

	hash_sha256(s, raw);
	for (size_t i = 0; i < HASH_SHA256_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

void hash_sha1(struct span s, unsigned char out[HASH_SHA1_SIZE])
{
	if (mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1), s.p, s.n,
			out) != 0)
		log_panic("SHA-1 failed");
}

void hash_hmac_sha1(struct span key, struct span s,
	unsigned char out[HASH_SHA1_SIZE])
{
	if (mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1),
			key.p, key.n, s.p, s.n, out) != 0)
		log_panic("HMAC-SHA-1 failed");
}

/* The library's view of our bytes; its state is plain memory. */
static SHA256_CTX *context(struct hash *h)
{
	return (void *)h->state;
}

void hash_begin(struct hash *h)
{
	if (SHA256_Init(context(h)) != 1)
		log_panic("SHA-256 failed");
}

void hash_add(struct hash *h, struct span s)
{
	if (s.n && SHA256_Update(context(h), s.p, s.n) != 1)
		log_panic("SHA-256 failed");
}

void hash_end(struct hash *h, unsigned char out[HASH_SHA256_SIZE])
{
	if (SHA256_Final(out, context(h)) != 1)
		log_panic("SHA-256 failed");
}
