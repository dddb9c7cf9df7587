/*
 * Edits of a message's body as splices: banners, and attachments that give
 * way to a note. Everything else stays as it is, byte by byte.
 *
 * What is signed or encrypted is never altered, nor is what clients read in
 * two ways: the answer then is a word for why, fit for a trace. Text keeps
 * its charset where that has the banner's characters, else the part becomes
 * UTF-8; it keeps its transfer encoding, but seven-bit text that gets more
 * becomes quoted-printable. Pages get what is not ASCII as references.
 *
 * Steps on one part add up. All memory is the arena's; the message and its
 * mime must live as long.
 */
#ifndef MAIL_REWRITE_H
#define MAIL_REWRITE_H

#include "mail/edit.h"
#include "mail/mime.h"

enum {
	REWRITE_BANNER_MAX = 64 << 10,	/* bytes of a banner */
	REWRITE_TEXT_MAX = 8 << 20,	/* bytes of a text that gets one */
};

struct rewrite;

struct rewrite *rewrite_new(const struct mime *m, const struct mail_limits *l,
	struct arena *a);

struct rewrite_banner {
	struct span text;	/* UTF-8, lines */
	struct span html;	/* UTF-8; empty: made from the text */
	bool top;		/* before the text, else behind it */
};

/*
 * Puts a banner to the text that a reader sees: of a multipart/alternative to
 * both forms, never to attachments or forwarded messages. NULL: done; else
 * "signed", "encrypted", "ambiguous", "no text", "charset" (not known here),
 * "boundary" (a line of the banner would end a part) or "too large".
 */
const char *rewrite_banner(struct rewrite *r, const struct rewrite_banner *b);

/*
 * A note (UTF-8, lines) in the place of a part; a file in a container goes
 * with its container. NULL: done; else "signed", "encrypted", "ambiguous",
 * "encoded" (it is in a message that is encoded as a whole) or "embedded" (it
 * is in a text). Of a message that is nothing but that part the header stays.
 */
const char *rewrite_drop(struct rewrite *r, const struct mime_part *part,
	struct span text);
/* The same answer, and nothing is done. */
const char *rewrite_may_drop(const struct mime *m,
	const struct mime_part *part);

/* A field of the message's own header that must change with the body. */
struct rewrite_field {
	struct span name;
	struct span value;	/* unfolded, ASCII */
};

/*
 * The splices, ascending, all behind the message's header, and the fields to
 * replace in it. At most once.
 */
void rewrite_finish(struct rewrite *r, struct edit_splice **splices_r,
	size_t *nsplices_r, struct rewrite_field **fields_r, size_t *nfields_r);

#endif
