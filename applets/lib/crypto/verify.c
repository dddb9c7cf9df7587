/*
 * OpenSSL's plain RSA is three times as fast as mbedtls's. It is marked as
 * deprecated because it cannot be replaced by a provider; so it reads no
 * configuration and works in any sandbox. Keys are read by mbedtls, which
 * takes both forms and checks them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/verify.h"

#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "base/log.h"

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

/* A number of at most VERIFY_RSA_MOST bits, for the other library. */
static BIGNUM *number(mbedtls_pk_context *pk, bool modulus)
{
	unsigned char bytes[VERIFY_RSA_MOST / 8] = { 0 };
	mbedtls_rsa_context *rsa = mbedtls_pk_rsa(*pk);
	int bad = modulus ? mbedtls_rsa_export_raw(rsa, bytes, sizeof(bytes),
			NULL, 0, NULL, 0, NULL, 0, NULL, 0) :
		mbedtls_rsa_export_raw(rsa, NULL, 0, NULL, 0, NULL, 0, NULL,
			0, bytes, sizeof(bytes));
	BIGNUM *n = bad ? NULL : BN_bin2bn(bytes, sizeof(bytes), NULL);

	if (!n)
		log_panic("no memory for an RSA key");
	return n;
}

static bool rsa_fits(mbedtls_pk_context *pk,
	const unsigned char hash[HASH_SHA256_SIZE], struct span signature)
{
	RSA *rsa = RSA_new();
	bool fits;

	if (!rsa || RSA_set0_key(rsa, number(pk, true), number(pk, false),
		    NULL) != 1)
		log_panic("no memory for an RSA key");
	fits = RSA_verify(NID_sha256, hash, HASH_SHA256_SIZE, signature.p,
		(unsigned)signature.n, rsa) == 1;
	RSA_free(rsa);
	ERR_clear_error();
	return fits;
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
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		OPENSSL_INIT_NO_ATEXIT, NULL);
	mbedtls_pk_init(&pk);
	if (mbedtls_pk_parse_public_key(&pk, der.p, der.n) == 0)
		*bits_r = rsa_bits(&pk);
	if (*bits_r)
		result = *bits_r >= least && signature.n == (*bits_r + 7) / 8 &&
			rsa_fits(&pk, hash, signature) ? VERIFY_GOOD :
			VERIFY_BAD;
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
