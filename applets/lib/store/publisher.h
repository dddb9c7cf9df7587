/*
 * The key that signs generations (store/generation.h), and the keys whose
 * generations this appliance believes.
 *
 * PUBLISHER_KEY is the private key (Ed25519, PEM), mode 0600, of the user
 * pm-sign. PUBLISHER_TRUSTED has the believed keys (store/trust.h). An
 * appliance that joins a CSM gets the CSM's line there and loses its own.
 *
 * `pm policy publish` reads the key itself, as root, after the policy was
 * checked and its Lua state is gone. A signing process would not be safer:
 * who may publish is root and could have it sign anything.
 */
#ifndef STORE_PUBLISHER_H
#define STORE_PUBLISHER_H

#include "base/err.h"
#include "base/root.h"
#include "base/span.h"
#include "store/trust.h"

#define PUBLISHER_USER "pm-sign"
#define PUBLISHER_DIR ROOT_STATE "/publisher"
#define PUBLISHER_KEY PUBLISHER_DIR "/key.pem"
#define PUBLISHER_TRUSTED ROOT_ETC "/publishers"

enum {
	PUBLISHER_ID_SIZE = TRUST_ID_SIZE,
	PUBLISHER_SIGNATURE_SIZE = TRUST_SIGNATURE_SIZE,
};

/* For set-up: makes key and line unless they are there. */
int publisher_make(struct err *e);

/* The private key's id: what a manifest says before it is signed. */
int publisher_id(char id_r[PUBLISHER_ID_SIZE], struct err *e);
/*
 * Signs the SHA-256 of bytes. Refuses a key file that others may read or
 * write, that belongs to neither root, pm-sign nor us, or is a link.
 */
int publisher_sign(struct span bytes,
	unsigned char signature_r[PUBLISHER_SIGNATURE_SIZE], struct err *e);

/* Is it that, by a key that is believed? id: as the manifest names it. */
int publisher_verify(struct span id, struct span bytes,
	struct span signature, struct err *e);

#endif
