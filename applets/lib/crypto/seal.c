#include "crypto/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/io.h"
#include "base/log.h"
#include "crypto/secret.h"

enum {
	KEY_SIZE = 32,
	VERSION = 1,
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HEX_SIZE = 2 * KEY_SIZE,
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

int seal_make_file(const char *path, struct err *e)
{
	unsigned char key[KEY_SIZE];
	char text[HEX_SIZE + 1];
	struct buf b = { 0 };
	int result;

	if (access(path, F_OK) == 0)
		return 0;
	secret_random(key, sizeof(key));
	sodium_bin2hex(text, sizeof(text), key, sizeof(key));
	buf_string(&b, text);
	buf_byte(&b, '\n');
	result = io_replace_file(path, 0640, buf_bytes(&b), e);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(text, sizeof(text));
	sodium_memzero(b.p, b.n);
	buf_free(&b);
	return result;
}

/* The file's text into *k. */
static int read_key(struct seal_key *k, const char *path, struct span text,
	struct err *e)
{
	unsigned char *master = sodium_malloc(KEY_SIZE);
	size_t n = 0;
	int result = 0;

	text = span_trim(text);
	if (master == NULL)
		return err_set(e, ERR_TEMPORARY, "%s: no memory", path);
	if (text.n != HEX_SIZE || sodium_hex2bin(master, KEY_SIZE,
	    (const char *)text.p, text.n, NULL, &n, NULL) < 0 ||
	    n != KEY_SIZE)
		result = err_set(e, ERR_PERMANENT, "%s: must be %d hexadecimal "
			"digits: restore it from the backup", path, HEX_SIZE);
	else
		derive(k, master);
	sodium_free(master);
	return result;
}

struct seal_key *seal_load(const char *path, struct err *e)
{
	struct seal_key *k;
	struct buf b = { 0 };
	int result;

	secret_start();
	k = sodium_malloc(sizeof(*k));
	if (k == NULL) {
		err_set(e, ERR_TEMPORARY, "%s: no locked memory", path);
		return NULL;
	}
	result = io_slurp(path, 4096, &b, e);
	if (result == 0)
		result = read_key(k, path, buf_bytes(&b), e);
	if (b.p)
		sodium_memzero(b.p, b.n);
	buf_free(&b);
	if (result < 0)
		seal_free(&k);
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
