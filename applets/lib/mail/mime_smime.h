/*
 * What an S/MIME body is (RFC 8551, RFC 5652): enough of BER to find signed
 * content, no more. Nothing is verified.
 */
#ifndef MAIL_MIME_SMIME_H
#define MAIL_MIME_SMIME_H

#include "base/arena.h"
#include "base/span.h"

enum smime {
	SMIME_SIGNED,		/* *inner_r is the content, or empty */
	SMIME_ENCRYPTED,	/* enveloped, authenticated-enveloped */
	SMIME_OTHER,		/* compressed, broken, or not S/MIME */
};

enum smime mime_smime_open(struct span content, struct arena *a,
	struct span *inner_r);

#endif
