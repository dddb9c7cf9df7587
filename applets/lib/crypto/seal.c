#include "crypto/seal.h"

#include <sodium.h>

#include "crypto/keyfile.h"
#include "crypto/secret.h"

enum {
	KEY_SIZE = KEYFILE_SIZE,
	VERSION = 1,
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};

_Static_assert(SEAL_OVERHEAD == 1 + NONCE_SIZE + TAG_SIZE, "overhead");

struct seal_key {
	unsigned char body[KEY_SIZE], words[KEY_SIZE];
};

/* One key for each use, from the one in the file. */
static void derive(struct seal_key *k, const unsigned char *master)
{
	crypto_kdf_derive_from_key(k->body, KEY_SIZE, 1, "pm-body_", master);
	crypto_kdf_derive_from_key(k->words, KEY_SIZE, 2, "pm-words", master);
}

struct seal_key *seal_load(const char *path, struct err *e)
{
	unsigned char master[KEYFILE_SIZE];
	struct seal_key *k;

	if (keyfile_load(path, master, e) < 0)
		return NULL;
	k = sodium_malloc(sizeof(*k));
	if (k == NULL)
		err_set(e, ERR_TEMPORARY, "%s: no locked memory", path);
	else
		derive(k, master);
	sodium_memzero(master, sizeof(master));
	return k;
}

void seal_free(struct seal_key **k)
{
	sodium_free(*k);
	*k = NULL;
}

void seal_close(const struct seal_key *k, struct span about,
	struct span plain, struct buf *sealed)
{
	unsigned char *at = buf_room(sealed, plain.n + SEAL_OVERHEAD);
	unsigned char *nonce = at + 1;
	unsigned long long n;

	at[0] = VERSION;
	secret_random(nonce, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_SIZE, &n,
		plain.p, plain.n, about.p, about.n, NULL, nonce, k->body);
	sealed->n += plain.n + SEAL_OVERHEAD;
}

bool seal_open(const struct seal_key *k, struct span about,
	struct span sealed, struct buf *plain)
{
	struct span text = span_after(sealed, 1 + NONCE_SIZE);
	unsigned char *at;
	unsigned long long n;

	if (sealed.n < SEAL_OVERHEAD || sealed.p[0] != VERSION)
		return false;
	at = buf_room(plain, text.n);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(at, &n, NULL, text.p,
	    text.n, about.p, about.n, sealed.p + 1, k->body) < 0)
		return false;
	plain->n += n;
	return true;
}

int64_t seal_word(const struct seal_key *k, struct span word)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	uint64_t v = 0;

	crypto_generichash(hash, sizeof(hash), word.p, word.n, k->words,
		KEY_SIZE);
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | hash[i];
	return (int64_t)v;
}
