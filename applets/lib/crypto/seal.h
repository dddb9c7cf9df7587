/*
 * Bodies at rest: compressed by their owner, then sealed with a key that the
 * database does not hold (XChaCha20-Poly1305, RFC 8439 with the extended
 * nonce of draft-irtf-cfrg-xchacha-03; libsodium). A sealed text is bound to
 * what it belongs to (`about`: the message id): it opens for nothing else.
 *
 * Words are found again by a keyed hash (BLAKE2b, RFC 7693, first 8 bytes),
 * under a key derived from the same file.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#define SEAL_KEY_FILE "etc/pm/body.key"

enum { SEAL_OVERHEAD = 1 + 24 + 16 }; /* version, nonce, tag */

struct seal_key; /* in locked memory, wiped when freed */

/* From a key file (crypto/keyfile.h). NULL and *e. */
struct seal_key *seal_load(const char *path, struct err *e);
void seal_free(struct seal_key **k);

void seal_close(const struct seal_key *k, struct span about,
	struct span plain, struct buf *sealed);
/* False: not sealed with this key for this, or damaged. */
bool seal_open(const struct seal_key *k, struct span about,
	struct span sealed, struct buf *plain);

/* The hash of one word (already lower case). */
int64_t seal_word(const struct seal_key *k, struct span word);

#endif
