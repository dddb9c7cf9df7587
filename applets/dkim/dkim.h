/*
 * The parts of pm dkim. Domains are lower-case A-labels, selectors checked:
 * both may become paths (store/keyring.h).
 */
#ifndef DKIM_DKIM_H
#define DKIM_DKIM_H

#include "base/arena.h"
#include "base/err.h"
#include "store/keyring.h"

struct dkim_job {
	struct arena *a;
	const char *domain, *selector;	/* selector NULL: none was given */
	const char *resolver;		/* NULL: the host's */
	const char *algorithm;		/* NULL: as those that sign, or rsa */
	struct keyring *keys;
	bool activate, unchecked, now, json;
	int64_t now_s;
};

/* The name of a key's record: "SELECTOR._domainkey.DOMAIN". */
const char *dkim_record_name(const struct dkim_job *j,
	const struct keyring_key *k);
/* "v=DKIM1; k=rsa; p=…" */
const char *dkim_record_value(const struct dkim_job *j,
	const struct keyring_key *k);

/*
 * keygen.c: new keys for j->domain, what to publish printed. The state file
 * is written when the private keys are safe.
 */
int dkim_keygen(struct dkim_job *j, struct err *e);

enum published { PUBLISHED, PUBLISHED_NOT, PUBLISHED_LATER };

/*
 * published.c: is the key's record in the DNS? Asked by a child in the
 * broker's sandbox. why_r: for people, in the arena.
 */
enum published dkim_published(const struct dkim_job *j,
	const struct keyring_key *k, const char **why_r);

/* list.c: all domains' keys, or those of j->domain when there is one. */
int dkim_list(struct dkim_job *j, struct err *e);

#endif
