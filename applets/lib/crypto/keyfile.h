/*
 * Key files: 32 random bytes as hex digits and a newline, made once by
 * set-up, in every backup.
 */
#ifndef CRYPTO_KEYFILE_H
#define CRYPTO_KEYFILE_H

#include "base/err.h"

enum { KEYFILE_SIZE = 32 };

/* Makes the file (mode 0640) unless it is there; for set-up, as root. */
int keyfile_make(const char *path, struct err *e);
/* Its bytes, to be wiped by the caller; the file's text is wiped here. */
int keyfile_load(const char *path, unsigned char key_r[KEYFILE_SIZE],
	struct err *e);

#endif
