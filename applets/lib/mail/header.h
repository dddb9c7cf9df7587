/*
 * A header block as it stands: fields in order, raw bytes kept.
 * RFC 5322 section 2.2, obsolete syntax included.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/arena.h"
#include "base/span.h"
#include "mail/limits.h"

struct header_field {
	struct span name;	/* without blanks before the colon */
	struct span value;	/* after the colon, folds and leading blank as
				   found, without the final line end */
	size_t at, size;	/* whole field in the block, with line end */
	bool doubt;		/* not all clients see it: blanks before the
				   colon or the name, a fold in the name */
};

struct header {
	struct header_field *fields;
	size_t n;
	size_t found;		/* the same with those past a limit */
	size_t end;		/* where the blank line is, or would be */
	size_t size;		/* of the block, with its blank line */
	unsigned flags;		/* enum mail_flag */
	bool end_doubt;		/* some readers may see another end */
};

/* How a reader takes what is not as it should be; together by |. */
enum header_mode {
	HEADER_STRICT = 0,
	HEADER_CR = 1 << 0,	/* a bare CR ends a line */
	HEADER_ON = 1 << 1,	/* a line that is no field is passed over */
	HEADER_BLANKS = 1 << 2,	/* a line of blanks ends the block */
	HEADER_NARROW = 1 << 3,	/* a field in doubt is none */
	HEADER_MODES = 1 << 4,	/* behind all of them together */
};

/*
 * Parses the block at the front of `raw`; never fails. It ends at the blank
 * line, or before the first line that is no field (flagged), as MTAs see it.
 * A first line "From " of an mbox is passed over (flagged). Past a limit no
 * further fields are kept, but the end is found all the same.
 */
void header_parse(struct span raw, const struct mail_limits *l,
	struct arena *a, struct header *h_r);
/*
 * The same for a part of a message, in a mode: the block also ends before a
 * line that starts with "--" and that stop() knows (NULL: none).
 */
void header_parse_part(struct span raw, const struct mail_limits *l,
	unsigned mode, bool (*stop)(const void *self, struct span line),
	const void *self, struct arena *a, struct header *h_r);

/* The nth (from 1) field of that name, case ignored; NULL. */
const struct header_field *header_find(const struct header *h,
	struct span name, unsigned nth);
unsigned header_count(const struct header *h, struct span name);

/* Folds undone, outer blanks trimmed (RFC 5322 section 2.2.3). */
struct span header_unfold(struct span value, struct arena *a);

/*
 * Encoded words decoded (RFC 2047, lenient as clients are), raw 8-bit kept
 * as UTF-8 if it is, as Latin-1 else: the text a reader sees, valid UTF-8.
 */
struct span header_decode(struct span value, struct arena *a);

#endif
