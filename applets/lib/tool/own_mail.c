#include "tool/own_mail.h"

#include <stdio.h>
#include <string.h>

#include "base/pack.h"
#include "crypto/sign.h"
#include "mail/header.h"
#include "mail/limits.h"
#include "mailauth/dkim_sign.h"
#include "store/keyring.h"

enum { DOMAIN_SIZE = 256 };

/* The keys of one domain, read when it is first signed for. */
static struct {
	char domain[DOMAIN_SIZE]; /* empty: none yet */
	struct keyring ring;
	struct sign_key *keys[KEYRING_KEYS_MAX];
} held;

static int load(const char *domain, struct err *e)
{
	char path[KEYRING_PATH_SIZE];

	snprintf(held.domain, sizeof(held.domain), "%s", domain);
	held.ring.n = 0;
	if (!keyring_domain_ok(span_of(domain)))
		return 0;
	if (keyring_load(domain, &held.ring, e) < 0)
		return -1;
	for (size_t i = 0; i < held.ring.n; i++) {
		struct keyring_key *k = &held.ring.keys[i];

		if (k->state != KEYRING_ACTIVE)
			continue;
		keyring_path(domain, k->selector, path);
		held.keys[i] = sign_load(path, e);
		if (held.keys[i] == NULL)
			return -1;
	}
	return 0;
}

static int sign_by(const struct header *h, struct span body,
	const struct keyring_key *k, struct sign_key *key, uint64_t now,
	struct arena *a, struct buf *out, struct err *e)
{
	struct dkim_signing s = { span_of(held.domain), span_of(k->selector),
		k->kind == SIGN_ED25519, now };
	unsigned char hash[HASH_SHA256_SIZE], signature[SIGN_MOST];
	unsigned char body_hash[HASH_SHA256_SIZE];
	struct span field;
	size_t n;

	dkim_sign_body(body, a, body_hash);
	if (!dkim_sign_prepare(&s, h, body_hash, a, &field, hash))
		return err_set(e, ERR_BUG, "mail of ours cannot be signed");
	if (sign_hash(key, hash, signature, &n, e) < 0)
		return -1;
	buf_string(out, "DKIM-Signature:");
	buf_span(out, dkim_sign_join(field, span_from(signature, n), a));
	buf_string(out, "\r\n");
	return 0;
}

int own_mail_sign(const char *from, struct span mail, int64_t now_ms,
	struct arena *a, struct buf *out, struct err *e)
{
	struct span all = span_of(from);
	const char *domain = arena_string(a, span_after(all,
		span_rchr(all, '@') + 1));
	struct header h;

	if (strcmp(held.domain, domain) != 0 && load(domain, e) < 0)
		return -1;
	header_parse(mail, &mail_default_limits, a, &h);
	for (size_t i = 0; i < held.ring.n; i++)
		if (held.keys[i] && sign_by(&h, span_after(mail, h.size),
		    &held.ring.keys[i], held.keys[i],
		    (uint64_t)now_ms / 1000, a, out, e) < 0)
			return -1;
	buf_span(out, mail);
	return 0;
}

struct span own_mail_seal(const struct seal_key *key, struct span name,
	struct span mail, struct arena *a)
{
	struct buf packed = { .arena = a }, sealed = { .arena = a };

	pack(mail, &packed);
	seal_close(key, name, buf_bytes(&packed), &sealed);
	return buf_bytes(&sealed);
}

int own_mail_send(struct db *db, const struct own_mail *m, bool *fresh_r,
	struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(m->key),
		DB_OF_BYTESES(m->to, m->n), DB_OF_BYTES(m->sealed),
		DB_OF_TEXT(span_of(m->who)) };
	struct db_rows *rows;

	if (db_begin(db, e) < 0)
		return -1;
	if (db_call(db, "own_mail_send", v, 4, &rows, e) < 0) {
		db_rollback(db);
		return -1;
	}
	*fresh_r = db_bool(rows, 0, 0);
	db_rows_free(&rows);
	if (db_notify(db, "job", e) < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, e);
}
