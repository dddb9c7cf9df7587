/*
 * What front and the signer say to each other: SEQPACKET datagrams of fixed
 * records, on one machine and from one executable; both check all of them.
 */
#ifndef FILTER_SIGNER_H
#define FILTER_SIGNER_H

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "store/keyring.h"

enum { SIGNER_MAGIC = 0x31536d70 }; /* "pmS1" */

struct signer_request {
	uint32_t magic;
	char domain[KEYRING_DOMAIN_MAX + 1];	/* end in a NUL */
	char selector[KEYRING_SELECTOR_MAX + 1];
	unsigned char hash[HASH_SHA256_SIZE];
};

struct signer_reply {
	uint32_t magic;
	uint32_t n;		/* of the signature; 0: not available */
	unsigned char signature[SIGN_MOST];
};

#endif
