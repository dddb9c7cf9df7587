/*
 * Files inside a text: BinHex 4.0 (RFC 1741). A Macintosh file has two
 * forks: its data, and its resources. Lenient as clients are; what is broken
 * is a flag.
 */
#ifndef MAIL_BINHEX_H
#define MAIL_BINHEX_H

#include "base/span.h"

enum { BINHEX_NAME_MAX = 255 };

enum binhex_flag {
	BINHEX_NO_END = 1u << 0, /* the colon at the end is missing */
	BINHEX_SHORT = 1u << 1,	/* ends before its forks do */
	BINHEX_CRC = 1u << 2,	/* not the bytes that were sent */
	BINHEX_JUNK = 1u << 3,	/* characters that are not of the encoding */
	BINHEX_MORE = 1u << 4,	/* goes on behind its forks */
};

struct binhex_file {
	unsigned char name[BINHEX_NAME_MAX]; /* in a charset of the sender's */
	size_t name_n;
	unsigned char type[4], creator[4];
	uint32_t data, resource; /* bytes of the forks, as the header says */
	struct span lines;	/* what is between the colons */
	size_t at, size;	/* all of it in the text, with line ends */
	unsigned flags;
};

/*
 * The next file at or behind offset `from`, which is the start of a line. It
 * begins with the line "(This file must be converted with BinHex 4.0)";
 * bare: with a colon, that line may be missing (application/mac-binhex40).
 * A header that can be read must follow, else it is prose.
 */
bool binhex_find(struct span text, size_t from, bool bare,
	struct binhex_file *f_r);

/* How many bytes of room decoding needs: up to 96 for each character. */
size_t binhex_room(const struct binhex_file *f);
/* The forks lie in out; adds what it saw to f->flags. */
void binhex_decode(struct binhex_file *f, unsigned char *out,
	struct span *data_r, struct span *resource_r);

#endif
