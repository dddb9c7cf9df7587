#include "store/publisher.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "crypto/sign.h"
#include "crypto/verify.h"
#include "mail/decode.h"

enum { PUBLIC_SIZE = 32, PUBLIC_TEXT_MAX = 64, TRUSTED_MAX = 1 << 16 };

static void make_id(struct span public, char id_r[PUBLISHER_ID_SIZE])
{
	char hex[HASH_SHA256_HEX_SIZE];

	hash_sha256_hex(public, hex);
	memcpy(id_r, hex, PUBLISHER_ID_SIZE - 1);
	id_r[PUBLISHER_ID_SIZE - 1] = 0;
}

static uid_t owner(void)
{
	const struct passwd *p = geteuid() == 0 ? getpwnam(PUBLISHER_USER) :
		NULL;

	return p ? p->pw_uid : geteuid();
}

/* May this file decide what all mail is judged by? */
static int judge_file(int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(e, ERR_PERMANENT, PUBLISHER_KEY);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) ||
	    (st.st_uid != 0 && st.st_uid != geteuid() &&
	     st.st_uid != owner()))
		return err_set(e, ERR_PERMANENT, PUBLISHER_KEY ": others may "
			"read or change it: make it mode 0600 and give it to "
			PUBLISHER_USER);
	return 0;
}

static struct sign_key *load(struct err *e)
{
	int fd = open(PUBLISHER_KEY, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct sign_key *k = NULL;
	struct buf pem = { 0 };

	if (fd < 0) {
		err_errno(e, ERR_PERMANENT, errno == ENOENT ? PUBLISHER_KEY
			": there is no key to sign with: pm setup makes it" :
			PUBLISHER_KEY ": publishing is for root");
		return NULL;
	}
	buf_room(&pem, SIGN_PEM_MAX + 1);
	if (judge_file(fd, e) == 0 && io_slurp_fd(fd, PUBLISHER_KEY,
			SIGN_PEM_MAX, &pem, e) == 0)
		k = sign_read(buf_bytes(&pem), PUBLISHER_KEY, e);
	explicit_bzero(pem.p, pem.cap);
	buf_free(&pem);
	close(fd);
	if (k && sign_kind(k) != SIGN_ED25519) {
		err_set(e, ERR_PERMANENT, PUBLISHER_KEY ": is no Ed25519 key");
		sign_free(&k);
	}
	return k;
}

/* "ID BASE64" of a key, into the file of those that are believed. */
static int trust(const struct sign_key *k, struct err *e)
{
	struct buf public = { 0 }, b = { 0 };
	char id[PUBLISHER_ID_SIZE];
	int result = sign_put_public(k, &public, e);

	if (result == 0) {
		make_id(buf_bytes(&public), id);
		buf_printf(&b, "%s ", id);
		buf_base64(&b, buf_bytes(&public));
		buf_byte(&b, '\n');
		result = io_replace_file(PUBLISHER_TRUSTED, 0644,
			buf_bytes(&b), e);
	}
	buf_free(&public);
	buf_free(&b);
	return result;
}

static int make_key(struct err *e)
{
	struct sign_key *k = sign_generate(SIGN_ED25519, e);
	struct buf pem = { 0 };
	int result;

	if (k == NULL)
		return -1;
	buf_room(&pem, SIGN_PEM_MAX);
	result = sign_put_private(k, &pem, e);
	if (result == 0)
		result = io_replace_file(PUBLISHER_KEY, 0600, buf_bytes(&pem),
			e);
	explicit_bzero(pem.p, pem.cap);
	buf_free(&pem);
	sign_free(&k);
	if (result == 0 && geteuid() == 0 &&
	    lchown(PUBLISHER_KEY, owner(), (gid_t)-1) < 0)
		return err_errno(e, ERR_PERMANENT, PUBLISHER_KEY
			": cannot give it to " PUBLISHER_USER);
	return result;
}

int publisher_make(struct err *e)
{
	struct sign_key *k;
	int result = io_mkdirs(PUBLISHER_DIR, 0700, e);

	if (result == 0 && geteuid() == 0 &&
	    lchown(PUBLISHER_DIR, owner(), (gid_t)-1) < 0)
		return err_errno(e, ERR_PERMANENT, PUBLISHER_DIR);
	if (result == 0 && access(PUBLISHER_KEY, F_OK) < 0)
		result = make_key(e);
	if (result < 0 || access(PUBLISHER_TRUSTED, F_OK) == 0)
		return result;
	k = load(e);
	if (k == NULL)
		return -1;
	result = trust(k, e);
	sign_free(&k);
	return result;
}

int publisher_id(char id_r[PUBLISHER_ID_SIZE], struct err *e)
{
	struct sign_key *k = load(e);
	struct buf public = { 0 };
	int result;

	if (k == NULL)
		return -1;
	result = sign_put_public(k, &public, e);
	if (result == 0)
		make_id(buf_bytes(&public), id_r);
	buf_free(&public);
	sign_free(&k);
	return result;
}

int publisher_sign(struct span bytes,
	unsigned char signature_r[PUBLISHER_SIGNATURE_SIZE], struct err *e)
{
	unsigned char hash[HASH_SHA256_SIZE], out[SIGN_MOST];
	struct sign_key *k = load(e);
	size_t n = 0;
	int result;

	if (k == NULL)
		return -1;
	hash_sha256(bytes, hash);
	result = sign_hash(k, hash, out, &n, e);
	sign_free(&k);
	if (result == 0 && n != PUBLISHER_SIGNATURE_SIZE)
		return err_set(e, ERR_BUG, "a signature of %zu bytes", n);
	if (result == 0)
		memcpy(signature_r, out, n);
	return result;
}

/* The believed key of that id; false: none. */
static bool find_trusted(struct span trusted, struct span id,
	unsigned char public_r[PUBLIC_SIZE])
{
	unsigned char key[PUBLIC_TEXT_MAX];
	struct span line, word;
	char made[PUBLISHER_ID_SIZE];
	bool clean;

	while (span_line(&trusted, &line)) {
		if (!span_cut(&line, ' ', &word) || !span_eq(word, id) ||
		    line.n > PUBLIC_TEXT_MAX)
			continue;
		if (decode_base64(line, key, &clean) != PUBLIC_SIZE)
			continue;
		make_id(span_from(key, PUBLIC_SIZE), made);
		if (!span_is(id, made))
			continue;
		memcpy(public_r, key, PUBLIC_SIZE);
		return true;
	}
	return false;
}

int publisher_verify(struct span id, struct span bytes,
	struct span signature, struct err *e)
{
	unsigned char public[PUBLIC_SIZE], hash[HASH_SHA256_SIZE];
	struct buf trusted = { 0 };
	bool found;

	if (io_slurp(PUBLISHER_TRUSTED, TRUSTED_MAX, &trusted, e) < 0)
		return -1;
	found = find_trusted(buf_bytes(&trusted), id, public);
	buf_free(&trusted);
	if (!found)
		return err_set(e, ERR_PERMANENT, "signed by key %.*s, which "
			"is not in " PUBLISHER_TRUSTED, SPAN_FMT(id));
	hash_sha256(bytes, hash);
	if (verify_ed25519(span_from(public, PUBLIC_SIZE),
		    span_from(hash, sizeof(hash)), signature) != VERIFY_GOOD)
		return err_set(e, ERR_PERMANENT, "its signature by key %.*s "
			"is not good", SPAN_FMT(id));
	return 0;
}
