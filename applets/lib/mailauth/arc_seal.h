/*
 * ARC sealing (RFC 8617 section 5.1) in steps, so that who reads the message
 * never holds a key: arc_seal_prepare gives the hash of the
 * ARC-Message-Signature; with its signature arc_seal_next gives the hash of
 * the ARC-Seal; with that one's arc_seal_join completes the set.
 *
 * relaxed/relaxed, rsa-sha256 or ed25519-sha256, tags by their letters as in
 * ValiMail's suite; b= stands in one piece on a line of its own, so that
 * other programs that compare texts find it.
 */
#ifndef MAILAUTH_ARC_SEAL_H
#define MAILAUTH_ARC_SEAL_H

#include "crypto/hash.h"
#include "mailauth/arc.h"

struct arc_sealing {
	struct span domain, selector;
	bool ed25519;			/* else rsa-sha256 */
	uint64_t now;			/* t= */
	struct span results;		/* as authres_write has them */
	struct span names;		/* for h=; empty: those of
					   dkim_sign_names */
	const struct arc_answer *chain;	/* of the message as it came */
};

/* The values of the three fields, each with its leading blank, folded. */
struct arc_seal {
	struct span results;		/* ARC-Authentication-Results */
	struct span message;		/* ARC-Message-Signature */
	struct span seal;		/* ARC-Seal */
	/* The sealer's own. */
	const struct arc_sealing *sealing;
	struct arena *a;
	size_t b;			/* where a signature goes */
};

/*
 * h, body_hash: of the message as it goes out, the body's by dkim_sign_body.
 * False: no set is added. That is so when the chain is closed or full
 * (i=50), when a key could not be had (nobody knows what to say of it), and
 * for a header that is not to be signed. A chain that has failed gets one
 * more set, with cv=fail and over itself only (section 5.1.2).
 *
 * *s is used until the set is joined.
 */
bool arc_seal_prepare(const struct arc_sealing *s, const struct header *h,
	const unsigned char body_hash[HASH_SHA256_SIZE], struct arena *a,
	struct arc_seal *seal_r, unsigned char hash_r[HASH_SHA256_SIZE]);
void arc_seal_next(struct arc_seal *seal, struct span signature,
	unsigned char hash_r[HASH_SHA256_SIZE]);
/*
 * The same as texts, for somebody who has neither message nor key: the set
 * of a seal that is prepared, with gaps where the signatures go in base64.
 * Who has them signed sees by its last line what a text is the hash of: no
 * such text is ever that of a DKIM-Signature.
 */
struct arc_parts {
	struct span text;		/* what ARC-Message-Signature signs */
	struct span over[2];		/* what ARC-Seal signs, around the
					   signature of the former */
	struct span results;		/* the values, around their own */
	struct span message[2], seal[2];
};
/* h: as it was prepared with. In the seal's arena; instead of _next. */
void arc_seal_parts(struct arc_seal *seal, const struct header *h,
	struct arc_parts *parts_r);
/* Is it a text that ends in that field ("arc-seal")? */
bool arc_text_is_of(struct span text, struct span field);

/* The three values are complete then; they go on top, the seal first. */
void arc_seal_join(struct arc_seal *seal, struct span signature);

#endif
