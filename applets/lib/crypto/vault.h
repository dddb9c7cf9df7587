/*
 * A file that only its key opens, of any length, written and read in one
 * pass: XChaCha20-Poly1305 in pieces (libsodium's secretstream), under a key
 * file or a passphrase (Argon2id, RFC 9106). Each piece is authenticated, and
 * so are their order and the end: what was cut, changed or put together is
 * refused where it is noticed, and nothing behind it is given out.
 *
 *	"pm vault 1\n", 1 byte 'k' or 'p', 16 bytes of salt, u32 passes and
 *	u32 KiB of Argon2id (little-endian; 0 for 'k'), 24 bytes of the
 *	stream's own; then pieces of 64 KiB and 17 bytes, the last one marked
 *	and perhaps shorter. All before the pieces is authenticated by the
 *	first.
 */
#ifndef CRYPTO_VAULT_H
#define CRYPTO_VAULT_H

#include "base/err.h"
#include "base/span.h"

struct vault;

/* What opens it: a passphrase, or the content of a key file. */
struct vault_secret {
	struct span bytes;
	bool passphrase;
};

/* fd stays the caller's. NULL and *e. */
struct vault *vault_new(int fd, const struct vault_secret *s, struct err *e);
int vault_put(struct vault *v, struct span bytes, struct err *e);
/* The last piece is written; not fsynced. */
int vault_end(struct vault *v, struct err *e);

/* `name` is for messages. NULL and *e: permanent. */
struct vault *vault_open(int fd, const char *name,
	const struct vault_secret *s, struct err *e);
/* Exactly n bytes, else -1 and *e. */
int vault_get(struct vault *v, void *p, size_t n, struct err *e);
/* Was everything read, to the mark at its end? */
int vault_done(struct vault *v, struct err *e);

/* Keys are wiped; *v becomes NULL. */
void vault_free(struct vault **v);

#endif
