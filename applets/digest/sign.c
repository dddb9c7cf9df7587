#include "digest.h"

#include "crypto/sign.h"
#include "mail/header.h"
#include "mail/limits.h"
#include "mailauth/dkim_sign.h"
#include "store/keyring.h"

/* The keys of one domain, read when it is first signed for. */
static struct {
	const char *domain;	/* NULL: none yet */
	struct keyring ring;
	struct sign_key *keys[KEYRING_KEYS_MAX];
} held;

static int load(const char *domain, struct err *e)
{
	char path[KEYRING_PATH_SIZE];

	held.domain = domain;
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
		return err_set(e, ERR_BUG, "a digest cannot be signed");
	if (sign_hash(key, hash, signature, &n, e) < 0)
		return -1;
	buf_string(out, "DKIM-Signature:");
	buf_span(out, dkim_sign_join(field, span_from(signature, n), a));
	buf_string(out, "\r\n");
	return 0;
}

int digest_sign(struct digest *d, const char *from, struct span mail,
	struct arena *a, struct buf *out, struct err *e)
{
	struct span all = span_of(from);
	const char *domain = arena_string(a, span_after(all,
		span_rchr(all, '@') + 1));
	struct header h;

	if (held.domain == NULL || strcmp(held.domain, domain) != 0) {
		if (load(arena_string(d->a, span_of(domain)), e) < 0)
			return -1;
	}
	header_parse(mail, &mail_default_limits, a, &h);
	for (size_t i = 0; i < held.ring.n; i++)
		if (held.keys[i] && sign_by(&h, span_after(mail, h.size),
		    &held.ring.keys[i], held.keys[i],
		    (uint64_t)d->now_ms / 1000, a, out, e) < 0)
			return -1;
	buf_span(out, mail);
	return 0;
}
