/*
 * Whose mail we sign, with which keys, and how far each key is.
 *
 * ROOT_STATE/dkim/DOMAIN/keys has a line for each key, oldest first:
 * "SELECTOR ALGORITHM STATE SINCE PUBLIC" (seconds since 1970; base64 as in
 * the DNS record). It is for everybody; the private key beside it,
 * SELECTOR.pem, is for the signer alone. A domain without the file has no
 * keys.
 */
#ifndef STORE_KEYRING_H
#define STORE_KEYRING_H

#include "base/arena.h"
#include "base/err.h"
#include "base/root.h"
#include "base/span.h"
#include "crypto/sign.h"

#define KEYRING_DIR ROOT_STATE "/dkim"

enum {
	KEYRING_KEYS_MAX = 64,		/* of a domain */
	KEYRING_DOMAINS_MAX = 10000,
	KEYRING_DOMAIN_MAX = 253,
	KEYRING_SELECTOR_MAX = 63,
	KEYRING_PUBLIC_MAX = 800,
	KEYRING_PATH_SIZE = 400,
	KEYRING_OVERLAP_S = 7 * 86400,	/* how long a retiring key's record
					   stays: mail is on its way */
};

enum keyring_state {
	KEYRING_NEW,		/* its record has to be published */
	KEYRING_ACTIVE,		/* signs */
	KEYRING_RETIRING,	/* signs no more, its record has to stay */
	KEYRING_STATE_N
};

struct keyring_key {
	char selector[KEYRING_SELECTOR_MAX + 1];
	char public[KEYRING_PUBLIC_MAX + 1];
	enum sign_kind kind;
	enum keyring_state state;
	int64_t since_s;
};

struct keyring {
	struct keyring_key keys[KEYRING_KEYS_MAX];
	size_t n;
};

/* "new", "active", "retiring"; "rsa", "ed25519". */
const char *keyring_state_name(enum keyring_state s);
const char *keyring_kind_name(enum sign_kind k);

/*
 * Lower-case letters, digits and hyphens in labels as the DNS has them; one
 * label for a selector. Only such names become paths.
 */
bool keyring_domain_ok(struct span domain);
bool keyring_selector_ok(struct span selector);

/* Of the private key. */
void keyring_path(const char *domain, const char *selector,
	char out[KEYRING_PATH_SIZE]);

/* KEYRING_DIR, for all to look into; by whoever comes first. */
int keyring_make(struct err *e);
/* The domain's folder, made if need be: its only writer until it is closed. */
int keyring_lock(const char *domain, struct err *e);
int keyring_load(const char *domain, struct keyring *r, struct err *e);
int keyring_save(const char *domain, const struct keyring *r, struct err *e);
struct keyring_key *keyring_find(struct keyring *r, const char *selector);
/* Has the overlap passed, so that it may go? */
bool keyring_may_go(const struct keyring_key *k, int64_t now_s);

/* Every domain that has a folder, in order; none without KEYRING_DIR. */
int keyring_domains(struct arena *a, const char ***domains_r, size_t *n_r,
	struct err *e);

#endif
