#include "crypto/keyfile.h"

#include <unistd.h>

#include <sodium.h>

#include "base/io.h"
#include "crypto/secret.h"

enum { HEX_SIZE = 2 * KEYFILE_SIZE, FILE_MAX = 4096 };

int keyfile_make(const char *path, struct err *e)
{
	unsigned char key[KEYFILE_SIZE];
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

static int read_hex(const char *path, struct span text,
	unsigned char key_r[KEYFILE_SIZE], struct err *e)
{
	size_t n = 0;

	text = span_trim(text);
	if (text.n == HEX_SIZE && sodium_hex2bin(key_r, KEYFILE_SIZE,
	    (const char *)text.p, text.n, NULL, &n, NULL) == 0 &&
	    n == KEYFILE_SIZE)
		return 0;
	return err_set(e, ERR_PERMANENT, "%s: must be %d hexadecimal digits: "
		"restore it from the backup", path, HEX_SIZE);
}

int keyfile_load(const char *path, unsigned char key_r[KEYFILE_SIZE],
	struct err *e)
{
	struct buf b = { 0 };
	int result;

	secret_start();
	result = io_slurp(path, FILE_MAX, &b, e);
	if (result == 0)
		result = read_hex(path, buf_bytes(&b), key_r, e);
	if (b.p)
		sodium_memzero(b.p, b.n);
	buf_free(&b);
	return result;
}
