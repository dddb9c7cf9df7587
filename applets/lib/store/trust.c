#include "store/trust.h"

#include <string.h>

#include "crypto/verify.h"
#include "mail/decode.h"

enum { PUBLIC_SIZE = 32, PUBLIC_TEXT_MAX = 64 };

static void make_id(struct span public, char id_r[TRUST_ID_SIZE])
{
	char hex[HASH_SHA256_HEX_SIZE];

	hash_sha256_hex(public, hex);
	memcpy(id_r, hex, TRUST_ID_SIZE - 1);
	id_r[TRUST_ID_SIZE - 1] = 0;
}

int trust_id(const struct sign_key *k, char id_r[TRUST_ID_SIZE],
	struct err *e)
{
	struct buf public = { 0 };
	int result = sign_put_public(k, &public, e);

	if (result == 0)
		make_id(buf_bytes(&public), id_r);
	buf_free(&public);
	return result;
}

int trust_put_line(const struct sign_key *k, struct buf *b, struct err *e)
{
	struct buf public = { 0 };
	char id[TRUST_ID_SIZE];
	int result = sign_put_public(k, &public, e);

	if (result == 0) {
		make_id(buf_bytes(&public), id);
		buf_printf(b, "%s ", id);
		buf_base64(b, buf_bytes(&public));
		buf_byte(b, '\n');
	}
	buf_free(&public);
	return result;
}

int trust_sign(struct sign_key *k, struct span bytes,
	unsigned char signature_r[TRUST_SIGNATURE_SIZE], struct err *e)
{
	unsigned char hash[HASH_SHA256_SIZE], out[SIGN_MOST];
	size_t n = 0;

	hash_sha256(bytes, hash);
	if (sign_hash(k, hash, out, &n, e) < 0)
		return -1;
	if (n != TRUST_SIGNATURE_SIZE)
		return err_set(e, ERR_BUG, "a signature of %zu bytes", n);
	memcpy(signature_r, out, n);
	return 0;
}

/* The believed key of that id; false: none. */
static bool find_key(struct span lines, struct span id,
	unsigned char public_r[PUBLIC_SIZE])
{
	unsigned char key[PUBLIC_TEXT_MAX];
	struct span line, word;
	char made[TRUST_ID_SIZE];
	bool clean;

	while (span_line(&lines, &line)) {
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

int trust_verify(struct span lines, const char *where, struct span id,
	struct span bytes, struct span signature, struct err *e)
{
	unsigned char public[PUBLIC_SIZE], hash[HASH_SHA256_SIZE];

	if (!find_key(lines, id, public))
		return err_set(e, ERR_PERMANENT, "signed by key %.*s, which "
			"is not in %s", SPAN_FMT(id), where);
	hash_sha256(bytes, hash);
	if (verify_ed25519(span_from(public, PUBLIC_SIZE),
		    span_from(hash, sizeof(hash)), signature) != VERIFY_GOOD)
		return err_set(e, ERR_PERMANENT, "its signature by key %.*s "
			"is not good", SPAN_FMT(id));
	return 0;
}
