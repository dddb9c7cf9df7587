#include "crypto/vault.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/io.h"
#include "base/log.h"
#include "crypto/secret.h"

#define MAGIC "pm vault 1\n"

enum {
	PIECE = 64 << 10,
	TAG = crypto_secretstream_xchacha20poly1305_ABYTES,
	OWN = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
	KEY = crypto_secretstream_xchacha20poly1305_KEYBYTES,
	SALT = crypto_pwhash_SALTBYTES,
	MAGIC_N = sizeof(MAGIC) - 1,
	HEAD = MAGIC_N + 1 + SALT + 4 + 4,
	SECRET_LEAST = 8,
	PASSES = 3, KIB = 262144,
	PASSES_MOST = 16, KIB_MOST = 1 << 20,
};

struct vault {
	int fd;
	const char *name;
	crypto_secretstream_xchacha20poly1305_state state;
	unsigned char head[HEAD];
	unsigned char plain[PIECE], sealed[PIECE + TAG];
	size_t n, at;		/* of plain: filled, given out */
	bool began, ended;
};

static void put_u32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static uint32_t get_u32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		(uint32_t)p[3] << 24;
}

/* The key of this file, by what its head says. */
static int derive(const struct vault *v, const struct vault_secret *s,
	unsigned char key[KEY], struct err *e)
{
	const unsigned char *salt = v->head + MAGIC_N + 1;
	uint32_t passes = get_u32(salt + SALT), kib = get_u32(salt + SALT + 4);

	if (!s->passphrase) {
		crypto_generichash(key, KEY, s->bytes.p, s->bytes.n, salt,
			SALT);
		return 0;
	}
	if (passes == 0 || passes > PASSES_MOST || kib < 8 || kib > KIB_MOST)
		return err_set(e, ERR_PERMANENT, "%s: damaged: no such cost "
			"of a passphrase", v->name);
	if (crypto_pwhash(key, KEY, (const char *)s->bytes.p, s->bytes.n,
	    salt, passes, (size_t)kib << 10, crypto_pwhash_ALG_ARGON2ID13) < 0)
		return err_set(e, ERR_TEMPORARY, "%s: no memory for the "
			"passphrase's key (%u MB)", v->name, kib >> 10);
	return 0;
}

static struct vault *make(int fd, const char *name,
	const struct vault_secret *s, struct err *e)
{
	struct vault *v;

	secret_start();
	if (s->bytes.n < SECRET_LEAST) {
		err_set(e, ERR_PERMANENT, "the %s is shorter than %d "
			"characters", s->passphrase ? "passphrase" : "key",
			SECRET_LEAST);
		return NULL;
	}
	v = sodium_malloc(sizeof(*v));
	if (v == NULL)
		log_fatal("vault: no memory");
	memset(v, 0, sizeof(*v));
	v->fd = fd;
	v->name = name;
	return v;
}

struct vault *vault_new(int fd, const struct vault_secret *s, struct err *e)
{
	struct vault *v = make(fd, "the file", s, e);
	unsigned char key[KEY], own[OWN];

	if (v == NULL)
		return NULL;
	memcpy(v->head, MAGIC, MAGIC_N);
	v->head[MAGIC_N] = s->passphrase ? 'p' : 'k';
	secret_random(v->head + MAGIC_N + 1, SALT);
	put_u32(v->head + HEAD - 8, s->passphrase ? PASSES : 0);
	put_u32(v->head + HEAD - 4, s->passphrase ? KIB : 0);
	if (derive(v, s, key, e) < 0) {
		vault_free(&v);
		return NULL;
	}
	crypto_secretstream_xchacha20poly1305_init_push(&v->state, own, key);
	sodium_memzero(key, sizeof(key));
	if (io_write_all(fd, span_from(v->head, HEAD)) < 0 ||
	    io_write_all(fd, span_from(own, OWN)) < 0) {
		err_errno(e, ERR_TEMPORARY, "it cannot be written");
		vault_free(&v);
	}
	return v;
}

static int seal(struct vault *v, bool last, struct err *e)
{
	unsigned long long n;

	crypto_secretstream_xchacha20poly1305_push(&v->state, v->sealed, &n,
		v->plain, v->n, v->began ? NULL : v->head, v->began ? 0 : HEAD,
		last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
	v->began = true;
	v->n = 0;
	if (io_write_all(v->fd, span_from(v->sealed, (size_t)n)) < 0)
		return err_errno(e, ERR_TEMPORARY, "it cannot be written");
	return 0;
}

int vault_put(struct vault *v, struct span bytes, struct err *e)
{
	while (bytes.n) {
		size_t room = PIECE - v->n;
		size_t n = bytes.n < room ? bytes.n : room;

		memcpy(v->plain + v->n, bytes.p, n);
		v->n += n;
		bytes = span_after(bytes, n);
		if (v->n == PIECE && seal(v, false, e) < 0)
			return -1;
	}
	return 0;
}

int vault_end(struct vault *v, struct err *e)
{
	return seal(v, true, e);
}

static int read_head(struct vault *v, const struct vault_secret *s,
	struct err *e)
{
	unsigned char own[OWN], key[KEY];
	bool whole = io_read_all(v->fd, v->head, HEAD) == HEAD &&
		io_read_all(v->fd, own, OWN) == OWN;
	bool passphrase = v->head[MAGIC_N] == 'p';

	if (!whole || memcmp(v->head, MAGIC, MAGIC_N) != 0 ||
	    (!passphrase && v->head[MAGIC_N] != 'k'))
		return err_set(e, ERR_PERMANENT, "%s: is no file of this kind, "
			"or is cut", v->name);
	if (passphrase != s->passphrase)
		return err_set(e, ERR_PERMANENT, "%s: is opened by a %s",
			v->name, passphrase ? "passphrase (--passphrase FILE)"
			: "key file (--key FILE)");
	if (derive(v, s, key, e) < 0)
		return -1;
	if (crypto_secretstream_xchacha20poly1305_init_pull(&v->state, own,
	    key) < 0)
		return err_set(e, ERR_PERMANENT, "%s: is damaged", v->name);
	sodium_memzero(key, sizeof(key));
	return 0;
}

struct vault *vault_open(int fd, const char *name,
	const struct vault_secret *s, struct err *e)
{
	struct vault *v = make(fd, name, s, e);

	if (v && read_head(v, s, e) < 0)
		vault_free(&v);
	return v;
}

/* The next piece. Whatever is wrong with it: nothing of it is used. */
static int pull(struct vault *v, struct err *e)
{
	ssize_t n = io_read_all(v->fd, v->sealed, sizeof(v->sealed));
	bool first = !v->began;
	unsigned long long got;
	unsigned char tag;

	if (n < 0)
		return err_errno(e, ERR_TEMPORARY, "%s", v->name);
	if (v->ended || n < TAG)
		return err_set(e, ERR_PERMANENT, "%s: is cut: its end is "
			"missing", v->name);
	if (crypto_secretstream_xchacha20poly1305_pull(&v->state, v->plain,
	    &got, &tag, v->sealed, (unsigned long long)n, first ? v->head :
	    NULL, first ? HEAD : 0) < 0)
		return err_set(e, ERR_PERMANENT, first ? "%s: this is not its "
			"key or passphrase, or it is damaged" : "%s: is "
			"damaged or cut", v->name);
	v->began = true;
	v->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	v->n = (size_t)got;
	v->at = 0;
	return 0;
}

int vault_get(struct vault *v, void *p, size_t n, struct err *e)
{
	unsigned char *to = p;

	while (n) {
		size_t some = v->n - v->at < n ? v->n - v->at : n;

		memcpy(to, v->plain + v->at, some);
		v->at += some;
		to += some;
		n -= some;
		if (n && pull(v, e) < 0)
			return -1;
	}
	return 0;
}

int vault_done(struct vault *v, struct err *e)
{
	unsigned char more;

	if (!v->ended && v->at == v->n && pull(v, e) < 0)
		return -1;
	if (v->at != v->n || !v->ended || io_read_all(v->fd, &more, 1) != 0)
		return err_set(e, ERR_PERMANENT, "%s: there is more behind "
			"its end", v->name);
	return 0;
}

void vault_free(struct vault **v)
{
	if (*v)
		sodium_free(*v);
	*v = NULL;
}
