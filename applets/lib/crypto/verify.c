#include "crypto/verify.h"

#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <sodium.h>

enum { EXPONENT_BITS = 64 };

/* The key's bits; 0: no RSA key, or one made to be slow. */
static unsigned rsa_bits(mbedtls_pk_context *pk)
{
	size_t bits = mbedtls_pk_get_bitlen(pk);
	size_t exponent = 0;
	mbedtls_mpi e;

	if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA) || bits > VERIFY_RSA_MOST)
		return 0;
	mbedtls_mpi_init(&e);
	if (mbedtls_rsa_export(mbedtls_pk_rsa(*pk), NULL, NULL, NULL, NULL,
		    &e) == 0)
		exponent = mbedtls_mpi_bitlen(&e);
	mbedtls_mpi_free(&e);
	return exponent && exponent <= EXPONENT_BITS ? (unsigned)bits : 0;
}

enum verify_result verify_rsa_sha256(struct span der, unsigned least,
	const unsigned char hash[HASH_SHA256_SIZE], struct span signature,
	unsigned *bits_r)
{
	enum verify_result result = VERIFY_NO_KEY;
	mbedtls_pk_context pk;

	*bits_r = 0;
	if (!der.n)
		return VERIFY_NO_KEY;
	mbedtls_pk_init(&pk);
	if (mbedtls_pk_parse_public_key(&pk, der.p, der.n) == 0)
		*bits_r = rsa_bits(&pk);
	if (*bits_r)
		result = *bits_r >= least && signature.n == (*bits_r + 7) / 8 &&
			mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, hash,
				HASH_SHA256_SIZE, signature.p,
				signature.n) == 0 ? VERIFY_GOOD : VERIFY_BAD;
	mbedtls_pk_free(&pk);
	return result;
}

enum verify_result verify_ed25519(struct span key, struct span message,
	struct span signature)
{
	if (key.n != crypto_sign_PUBLICKEYBYTES)
		return VERIFY_NO_KEY;
	if (signature.n != crypto_sign_BYTES ||
	    crypto_sign_verify_detached(signature.p, message.p, message.n,
		    key.p) != 0)
		return VERIFY_BAD;
	return VERIFY_GOOD;
}
