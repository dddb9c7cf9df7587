/*
 * Passwords, tokens, comparison in constant time (libsodium).
 */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include "base/span.h"

enum {
	SECRET_HASH_SIZE = 128,	/* of a password's hash, with its NUL */
	SECRET_TOKEN_SIZE = 44,	/* of a token's text, with its NUL */
	SECRET_WORD_SIZE = 24,	/* of a one-time password, with its NUL */
};

/* Done by whatever needs it; by hand before a sandbox closes. */
void secret_start(void);
void secret_random(void *p, size_t n);
/* 256 random bits, base64url without padding (RFC 4648 section 5). */
void secret_token(char out[SECRET_TOKEN_SIZE]);
/* Four groups of four letters and digits that are not mistaken, "-". */
void secret_password(char out[SECRET_WORD_SIZE]);
/* Overwritten, whatever the compiler thinks of it. */
void secret_wipe(void *p, size_t n);
bool secret_equal(struct span a, struct span b);

/* Argon2id (RFC 9106), libsodium's interactive limits: 64 MiB, ~0.1 s. */
bool secret_hash(struct span password, char out[SECRET_HASH_SIZE]);
bool secret_verify(const char *hash, struct span password);

#endif
