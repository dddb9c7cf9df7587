/*
 * Public keys (Ed25519) that are believed, as text: a line for each, "ID
 * BASE64" of its 32 bytes, where ID is the first 16 hex digits of their
 * SHA-256. Other lines are comments. Signatures are over the SHA-256 of the
 * bytes.
 */
#ifndef STORE_TRUST_H
#define STORE_TRUST_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/sign.h"

enum { TRUST_ID_SIZE = 17, TRUST_SIGNATURE_SIZE = 64, TRUST_MAX = 1 << 16 };

/* The id of a private key's public half. */
int trust_id(const struct sign_key *k, char id_r[TRUST_ID_SIZE],
	struct err *e);
/* Appends its line. */
int trust_put_line(const struct sign_key *k, struct buf *b, struct err *e);

int trust_sign(struct sign_key *k, struct span bytes,
	unsigned char signature_r[TRUST_SIGNATURE_SIZE], struct err *e);
/* Is it that, by the key of that id in lines? where: their file, for *e. */
int trust_verify(struct span lines, const char *where, struct span id,
	struct span bytes, struct span signature, struct err *e);

#endif
