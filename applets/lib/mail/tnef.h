/*
 * What is in a winmail.dat: the Transport Neutral Encapsulation Format of
 * Outlook and Exchange (MS-OXTNEF). One level: a message in it is an item
 * whose content is such a file again. Lenient as clients are; what is broken
 * is a flag.
 */
#ifndef MAIL_TNEF_H
#define MAIL_TNEF_H

#include "base/arena.h"
#include "base/span.h"

enum { TNEF_NAMES_MAX = 4 };

enum tnef_flag {
	TNEF_BROKEN = 1u << 0,	/* something could not be read */
	TNEF_CHECKSUM = 1u << 1, /* not the bytes that were sent */
	TNEF_MORE = 1u << 2,	/* more items than wanted */
	TNEF_NONE = 1u << 3,	/* no TNEF at all */
};

struct tnef_item {
	enum tnef_kind {
		TNEF_TEXT,	/* the message as text; */
		TNEF_HTML,
		TNEF_RTF,	/* as compressed rich text (lzfu.h) */
		TNEF_FILE,
		TNEF_MESSAGE,	/* TNEF again */
	} kind;
	struct span names[TNEF_NAMES_MAX]; /* distinct, UTF-8; long first */
	size_t nnames;
	struct span type;	/* as declared, or empty */
	struct span charset;	/* of a TNEF_TEXT or TNEF_HTML, a label */
	struct span content;	/* points into what was read */
};

struct tnef {
	struct tnef_item *v;
	size_t n;
	unsigned flags;
};

/*
 * Never fails; at most `max` items. A file with two contents is two items of
 * the same names.
 */
void tnef_read(struct span s, size_t max, struct arena *a,
	struct tnef *t_r);

#endif
