#include "store/publisher.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "store/trust.h"

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

/* Its line, into the file of those that are believed. */
static int trust(const struct sign_key *k, struct err *e)
{
	struct buf b = { 0 };
	int result = trust_put_line(k, &b, e);

	if (result == 0)
		result = io_replace_file(PUBLISHER_TRUSTED, 0644,
			buf_bytes(&b), e);
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
	int result;

	if (k == NULL)
		return -1;
	result = trust_id(k, id_r, e);
	sign_free(&k);
	return result;
}

int publisher_sign(struct span bytes,
	unsigned char signature_r[PUBLISHER_SIGNATURE_SIZE], struct err *e)
{
	struct sign_key *k = load(e);
	int result;

	if (k == NULL)
		return -1;
	result = trust_sign(k, bytes, signature_r, e);
	sign_free(&k);
	return result;
}

int publisher_verify(struct span id, struct span bytes,
	struct span signature, struct err *e)
{
	struct buf trusted = { 0 };
	int result;

	if (io_slurp(PUBLISHER_TRUSTED, TRUST_MAX, &trusted, e) < 0)
		return -1;
	result = trust_verify(buf_bytes(&trusted), PUBLISHER_TRUSTED, id,
		bytes, signature, e);
	buf_free(&trusted);
	return result;
}
