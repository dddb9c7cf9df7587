/*
 * How much of a message the parsers will look at. Reaching a limit sets a
 * flag in the result: it is a fact that policy sees, never a silent cut.
 */
#ifndef MAIL_LIMITS_H
#define MAIL_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct mail_limits {
	size_t headers;		/* fields of one header block */
	size_t header_bytes;	/* bytes of one header block */
	size_t parts;		/* MIME parts in all */
	size_t depth;		/* nesting of parts */
	size_t params;		/* parameters of one field */
	size_t decoded_bytes;	/* bytes out of all decoders */
	size_t urls;		/* distinct URLs kept */
};

extern const struct mail_limits mail_default_limits;

/* Flags of a message or part: what is doubtful about it. */
enum mail_flag {
	MAIL_OVER_HEADERS = 1u << 0,	/* OVER: a limit above was reached */
	MAIL_OVER_PARTS = 1u << 1,
	MAIL_OVER_DEPTH = 1u << 2,
	MAIL_OVER_PARAMS = 1u << 3,
	MAIL_OVER_DECODED = 1u << 4,
	MAIL_OVER_URLS = 1u << 5,
	MAIL_AMBIG_FIELD = 1u << 6,	/* a field that must be single is not */
	MAIL_AMBIG_BOUNDARY = 1u << 7,
	MAIL_AMBIG_ENCODING = 1u << 8,
	MAIL_BAD_ENCODING = 1u << 9,	/* base64 or QP that is not */
	MAIL_NO_BLANK_LINE = 1u << 10,	/* header runs into body or the end */
	MAIL_BAD_HEADER = 1u << 11,	/* a line that is no field */
	MAIL_HAS_NUL = 1u << 12,
	MAIL_UNCLOSED = 1u << 13,	/* multipart without its end */
	MAIL_PARTIAL = 1u << 14,	/* message/partial, external-body */
	MAIL_OTHER_CHARSET = 1u << 15,	/* text in a charset not known here */
};

#endif
