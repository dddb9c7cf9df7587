#include "crypto/secret.h"

#include <string.h>

#include <sodium.h>

#include "base/log.h"

void secret_start(void)
{
	if (sodium_init() < 0)
		log_fatal("no random numbers to be had");
}

void secret_random(void *p, size_t n)
{
	secret_start();
	randombytes_buf(p, n);
}

void secret_token(char out[SECRET_TOKEN_SIZE])
{
	unsigned char bits[32];

	secret_random(bits, sizeof(bits));
	sodium_bin2base64(out, SECRET_TOKEN_SIZE, bits, sizeof(bits),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bits, sizeof(bits));
}

void secret_password(char out[SECRET_WORD_SIZE])
{
	/* Without 0 and O, 1 and I and L; U could be V. */
	static const char letters[] = "ABCDEFGHJKMNPQRSTVWXYZ23456789";

	secret_start();
	for (size_t i = 0; i < 19; i++)
		out[i] = i % 5 == 4 ? '-' :
			letters[randombytes_uniform(sizeof(letters) - 1)];
	out[19] = 0;
}

bool secret_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

bool secret_hash(struct span password, char out[SECRET_HASH_SIZE])
{
	secret_start();
	return crypto_pwhash_str(out, (const char *)password.p, password.n,
		crypto_pwhash_OPSLIMIT_INTERACTIVE,
		crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
}

/* One of somebody else's making could ask for gigabytes, or minutes. */
static bool is_ours(const char *hash)
{
	return span_starts(span_of(hash),
		SPAN("$argon2id$v=19$m=65536,t=2,p=1$"));
}

bool secret_verify(const char *hash, struct span password)
{
	secret_start();
	return is_ours(hash) && crypto_pwhash_str_verify(hash,
		(const char *)password.p, password.n) == 0;
}

void secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}
