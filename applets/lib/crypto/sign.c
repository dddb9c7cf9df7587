/*
 * mbedtls makes, reads and writes RSA keys; OpenSSL's plain RSA signs with
 * them, eight times as fast, as it verifies (verify.c). Its blinding gets its
 * random numbers from libsodium: its own would want providers and their
 * configuration, which a sandbox refuses.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/sign.h"

#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/error.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "base/io.h"
#include "crypto/secret.h"

#define PEM_BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define PEM_END "-----END PRIVATE KEY-----\n"

enum { EXPONENT = 65537, PUBLIC_MAX = 1024, PRIVATE_MAX = 4096 };

struct sign_key {
	enum sign_kind kind;
	mbedtls_pk_context pk;
	RSA *rsa;		/* the same key */
	unsigned char ed25519[crypto_sign_SECRETKEYBYTES];
};

/*
 * RFC 8410 section 7, a version 1 key without attributes: what stands before
 * the 32 bytes of the seed.
 */
static const unsigned char ed25519_head[] = {
	0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65,
	0x70, 0x04, 0x22, 0x04, 0x20,
};
/* The algorithm's number, 1.3.101.112. */
static const unsigned char ed25519_oid[] = { 0x2b, 0x65, 0x70 };

static int random_bytes(void *context, unsigned char *p, size_t n)
{
	(void)context;
	secret_random(p, n);
	return 0;
}

static int openssl_random(unsigned char *p, int n)
{
	secret_random(p, (size_t)n);
	return 1;
}

static int openssl_seeded(void)
{
	return 1;
}

static void start_openssl(void)
{
	static const RAND_METHOD method = { .bytes = openssl_random,
		.pseudorand = openssl_random, .status = openssl_seeded };

	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		OPENSSL_INIT_NO_ATEXIT, NULL);
	RAND_set_rand_method(&method);
}

static int trouble(struct err *e, enum err_class class, const char *what,
	int code)
{
	char text[128];

	mbedtls_strerror(code, text, sizeof(text));
	return err_set(e, class, "%s: %s", what, text);
}

static struct sign_key *new_key(enum sign_kind kind, struct err *e)
{
	struct sign_key *k;

	secret_start();
	k = sodium_malloc(sizeof(*k));
	if (k == NULL) {
		err_set(e, ERR_TEMPORARY, "no locked memory for a key");
		return NULL;
	}
	memset(k, 0, sizeof(*k));
	k->kind = kind;
	mbedtls_pk_init(&k->pk);
	return k;
}

/* The libraries wipe their numbers, libsodium what we have. */
void sign_free(struct sign_key **k)
{
	if (*k) {
		mbedtls_pk_free(&(*k)->pk);
		RSA_free((*k)->rsa);
	}
	sodium_free(*k);
	*k = NULL;
}

static void take_seed(struct sign_key *k, const unsigned char *seed)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];

	crypto_sign_seed_keypair(public, k->ed25519, seed);
}

static void generate_ed25519(struct sign_key *k)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];

	crypto_sign_keypair(public, k->ed25519);
}

/* The key for the library that signs: RFC 8017 A.1.2 from one to the other. */
static int hand_over(struct sign_key *k, struct err *e)
{
	unsigned char der[PRIVATE_MAX];
	int n = mbedtls_pk_write_key_der(&k->pk, der, sizeof(der));
	/* It writes at the buffer's end. */
	const unsigned char *at = der + sizeof(der) - (n > 0 ? n : 0);

	start_openssl();
	if (n > 0)
		k->rsa = d2i_RSAPrivateKey(NULL, &at, n);
	explicit_bzero(der, sizeof(der));
	ERR_clear_error();
	return k->rsa ? 0 : err_set(e, ERR_PERMANENT, "an RSA key that does "
		"not fit itself");
}

struct sign_key *sign_generate(enum sign_kind kind, struct err *e)
{
	struct sign_key *k = new_key(kind, e);
	int bad;

	if (k == NULL)
		return NULL;
	if (kind == SIGN_ED25519) {
		generate_ed25519(k);
		return k;
	}
	bad = mbedtls_pk_setup(&k->pk,
		mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));
	if (bad == 0)
		bad = mbedtls_rsa_gen_key(mbedtls_pk_rsa(k->pk), random_bytes,
			NULL, SIGN_RSA_BITS, EXPONENT);
	if (bad)
		trouble(e, ERR_TEMPORARY, "a new RSA key", bad);
	if (bad || hand_over(k, e) < 0)
		sign_free(&k);
	return k;
}

/* --- reading ------------------------------------------------------------- */

/* The seed of a OneAsymmetricKey (RFC 5958), or NULL: of another kind. */
static const unsigned char *find_seed(unsigned char *der, size_t n)
{
	unsigned char *p = der, *end = der + n;
	mbedtls_asn1_buf oid;
	size_t size;
	int version;

	if (mbedtls_asn1_get_tag(&p, end, &size, MBEDTLS_ASN1_CONSTRUCTED |
		    MBEDTLS_ASN1_SEQUENCE) != 0 || p + size != end ||
	    mbedtls_asn1_get_int(&p, end, &version) != 0 || version > 1 ||
	    mbedtls_asn1_get_alg_null(&p, end, &oid) != 0 ||
	    oid.len != sizeof(ed25519_oid) ||
	    memcmp(oid.p, ed25519_oid, sizeof(ed25519_oid)) != 0 ||
	    mbedtls_asn1_get_tag(&p, end, &size,
		    MBEDTLS_ASN1_OCTET_STRING) != 0)
		return NULL;
	end = p + size;
	if (mbedtls_asn1_get_tag(&p, end, &size,
		    MBEDTLS_ASN1_OCTET_STRING) != 0 || p + size != end ||
	    size != crypto_sign_SEEDBYTES)
		return NULL;
	return p;
}

/* text ends in a NUL. */
static bool read_ed25519(struct sign_key *k, const unsigned char *text)
{
	const unsigned char *seed = NULL;
	mbedtls_pem_context pem;
	size_t used;

	mbedtls_pem_init(&pem);
	if (mbedtls_pem_read_buffer(&pem, "-----BEGIN PRIVATE KEY-----",
		    "-----END PRIVATE KEY-----", text, NULL, 0, &used) == 0)
		seed = find_seed(pem.buf, pem.buflen);
	if (seed)
		take_seed(k, seed);
	mbedtls_pem_free(&pem);
	return seed != NULL;
}

/* n: with its NUL. */
static int read_rsa(struct sign_key *k, const unsigned char *text, size_t n,
	const char *name, struct err *e)
{
	unsigned bits;
	int bad;

#if MBEDTLS_VERSION_MAJOR >= 3
	bad = mbedtls_pk_parse_key(&k->pk, text, n, NULL, 0, random_bytes,
		NULL);
#else
	bad = mbedtls_pk_parse_key(&k->pk, text, n, NULL, 0);
#endif
	if (bad)
		return trouble(e, ERR_PERMANENT, name, bad);
	if (!mbedtls_pk_can_do(&k->pk, MBEDTLS_PK_RSA))
		return err_set(e, ERR_PERMANENT, "%s: is neither an RSA nor "
			"an Ed25519 key", name);
	bits = (unsigned)mbedtls_pk_get_bitlen(&k->pk);
	if (bits < SIGN_RSA_LEAST || bits > SIGN_RSA_MOST)
		return err_set(e, ERR_PERMANENT, "%s: an RSA key of %u bits: "
			"use one of %d to %d", name, bits, SIGN_RSA_LEAST,
			SIGN_RSA_MOST);
	return hand_over(k, e);
}

struct sign_key *sign_read(struct span pem, const char *name, struct err *e)
{
	struct sign_key *k = new_key(SIGN_RSA, e);
	char text[SIGN_PEM_MAX + 1];
	int result = 0;

	if (k == NULL)
		return NULL;
	if (pem.n == 0 || pem.n > SIGN_PEM_MAX ||
	    span_chr(pem, 0) != SIZE_MAX) {
		err_set(e, ERR_PERMANENT, "%s: is no PEM file of a private "
			"key", name);
		sign_free(&k);
		return NULL;
	}
	memcpy(text, pem.p, pem.n);
	text[pem.n] = 0;
	if (read_ed25519(k, (unsigned char *)text))
		k->kind = SIGN_ED25519;
	else
		result = read_rsa(k, (unsigned char *)text, pem.n + 1, name,
			e);
	explicit_bzero(text, sizeof(text));
	if (result < 0)
		sign_free(&k);
	return k;
}

struct sign_key *sign_load(const char *path, struct err *e)
{
	struct sign_key *k = NULL;
	struct buf b = { 0 };

	if (io_slurp(path, SIGN_PEM_MAX, &b, e) == 0)
		k = sign_read(buf_bytes(&b), path, e);
	if (b.p)
		explicit_bzero(b.p, b.n);
	buf_free(&b);
	return k;
}

/* --- writing ------------------------------------------------------------- */

enum sign_kind sign_kind(const struct sign_key *k)
{
	return k->kind;
}

unsigned sign_bits(const struct sign_key *k)
{
	return k->kind == SIGN_ED25519 ? 256 :
		(unsigned)mbedtls_pk_get_bitlen(&k->pk);
}

static int put_ed25519(const struct sign_key *k, struct buf *pem,
	struct err *e)
{
	unsigned char der[sizeof(ed25519_head) + crypto_sign_SEEDBYTES];
	char text[256];
	size_t n;
	int bad;

	memcpy(der, ed25519_head, sizeof(ed25519_head));
	/* libsodium's secret key begins with the seed. */
	memcpy(der + sizeof(ed25519_head), k->ed25519, crypto_sign_SEEDBYTES);
	bad = mbedtls_pem_write_buffer(PEM_BEGIN, PEM_END, der, sizeof(der),
		(unsigned char *)text, sizeof(text), &n);
	if (bad == 0)
		buf_string(pem, text);
	explicit_bzero(der, sizeof(der));
	explicit_bzero(text, sizeof(text));
	return bad ? trouble(e, ERR_BUG, "an Ed25519 key as PEM", bad) : 0;
}

int sign_put_private(const struct sign_key *k, struct buf *pem,
	struct err *e)
{
	mbedtls_pk_context *pk = (mbedtls_pk_context *)(uintptr_t)&k->pk;
	char text[SIGN_PEM_MAX] = "";
	int bad;

	buf_room(pem, SIGN_PEM_MAX);
	if (k->kind == SIGN_ED25519)
		return put_ed25519(k, pem, e);
	bad = mbedtls_pk_write_key_pem(pk, (unsigned char *)text,
		sizeof(text));
	if (bad == 0)
		buf_string(pem, text);
	explicit_bzero(text, sizeof(text));
	return bad ? trouble(e, ERR_BUG, "an RSA key as PEM", bad) : 0;
}

int sign_put_public(const struct sign_key *k, struct buf *b, struct err *e)
{
	mbedtls_pk_context *pk = (mbedtls_pk_context *)(uintptr_t)&k->pk;
	unsigned char der[PUBLIC_MAX];
	int n;

	if (k->kind == SIGN_ED25519) {
		buf_add(b, k->ed25519 + crypto_sign_SEEDBYTES,
			crypto_sign_PUBLICKEYBYTES);
		return 0;
	}
	/* It writes at the buffer's end. */
	n = mbedtls_pk_write_pubkey_der(pk, der, sizeof(der));
	if (n < 0)
		return trouble(e, ERR_BUG, "an RSA key as DER", n);
	buf_add(b, der + sizeof(der) - n, (size_t)n);
	return 0;
}

/* --- signing ------------------------------------------------------------- */

int sign_hash(struct sign_key *k, const unsigned char hash[HASH_SHA256_SIZE],
	unsigned char signature_r[SIGN_MOST], size_t *n_r, struct err *e)
{
	unsigned long long n = 0;
	unsigned bytes = 0;
	int good;

	if (k->kind == SIGN_ED25519) {
		crypto_sign_detached(signature_r, &n, hash, HASH_SHA256_SIZE,
			k->ed25519);
		*n_r = (size_t)n;
		return 0;
	}
	/* Blinded, and proved against the public key before it is given out,
	   as the library does by itself. */
	good = RSA_sign(NID_sha256, hash, HASH_SHA256_SIZE, signature_r,
		&bytes, k->rsa);
	*n_r = bytes;
	ERR_clear_error();
	return good == 1 ? 0 : err_set(e, ERR_BUG, "an RSA signature cannot "
		"be made");
}
