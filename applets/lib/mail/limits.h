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
	size_t readings;	/* parts that only another reading has */
	size_t archive_entries;	/* members of all archives together */
	size_t archive_depth;	/* archives in archives */
	size_t archive_bytes;	/* bytes out of all archives together */
	unsigned archive_ms;	/* time for all archives together */
};

extern const struct mail_limits mail_default_limits;

/*
 * Flags of a message or part: what is doubtful about it. OVER: a limit was
 * reached. AMBIG: clients differ, every reading is among the parts (origin
 * MIME_READING) or the addresses. UNSCAN: cannot be looked into.
 */
enum mail_flag {
	MAIL_OVER_HEADERS = 1u << 0,
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
	MAIL_AMBIG_FROM = 1u << 16,	/* whom From names */
	MAIL_AMBIG_HEADER_END = 1u << 17, /* where the header block ends */
	MAIL_AMBIG_LINE_END = 1u << 18,	/* a bare CR or LF decides */
	MAIL_AMBIG_NAME = 1u << 19,	/* several file names */
	MAIL_AMBIG_CHARSET = 1u << 20,	/* the text is not of its label */
	MAIL_AMBIG_ARCHIVE = 1u << 21,	/* an archive with two contents */
	MAIL_OVER_READINGS = 1u << 22,
	MAIL_OVER_ARCHIVE = 1u << 23,	/* any of the archive limits */
	MAIL_UNSCAN_ARCHIVE = 1u << 24,	/* broken, or a method unknown */
	MAIL_ENCRYPTED = 1u << 25,	/* content only its reader can open */
	MAIL_BAD_UTF8 = 1u << 26,	/* raw 8-bit in a header, no UTF-8 */
	MAIL_OUTSIDE = 1u << 27,	/* more than text before or after the
					   parts of a multipart */
	MAIL_OVER_HTML = 1u << 28,	/* text, depth or rules of a page */
};

#endif
