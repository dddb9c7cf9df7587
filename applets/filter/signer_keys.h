/*
 * The signer's keys in memory: the active ones, and the retiring ones of
 * which a message may still be on its way.
 */
#ifndef FILTER_SIGNER_KEYS_H
#define FILTER_SIGNER_KEYS_H

#include "base/err.h"
#include "crypto/sign.h"

/*
 * Reads them all anew; what cannot be read is left out and *e says of the
 * first one which, and what that means. 0: all of them.
 */
int signer_keys_read(struct err *e);
/* C strings. NULL: not a key of ours. */
struct sign_key *signer_keys_find(const char *domain, const char *selector);
size_t signer_keys_count(void);

#endif
