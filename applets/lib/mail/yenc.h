/*
 * Files inside a text: yEnc (the draft of version 1.3, yenc.org). A part of a
 * file that was cut up is given as it is, flagged. Lenient as clients are;
 * what is broken is a flag. The bytes are those of the body, in no charset.
 */
#ifndef MAIL_YENC_H
#define MAIL_YENC_H

#include "base/span.h"

enum yenc_flag {
	YENC_NO_END = 1u << 0,	/* the text, or another =ybegin, came first */
	YENC_SIZE = 1u << 1,	/* not as long as its lines say */
	YENC_CRC = 1u << 2,	/* not the bytes that were sent */
	YENC_PART = 1u << 3,	/* one piece of a file that was cut up */
	YENC_JUNK = 1u << 4,	/* an escape in front of a line's end */
};

struct yenc_file {
	struct span name;	/* as written, may be a path */
	struct span lines;	/* what is between =ybegin, =ypart and =yend */
	size_t at, size;	/* all of it in the text, with line ends */
	uint64_t whole;		/* bytes of the whole file, as =ybegin says */
	uint64_t part, begin;	/* which piece, and where in the file it starts;
				   from 1; 0: not said */
	uint64_t bytes;		/* of this piece as =yend says, or 0 */
	uint32_t crc;		/* of it, when has_crc */
	bool has_crc;
	unsigned flags;
};

/*
 * The next file at or behind offset `from`, which is the start of a line.
 * "=ybegin " without "size=" and "name=" is prose.
 */
bool yenc_find(struct span text, size_t from, struct yenc_file *f_r);

/* How many bytes of room decoding needs at most. */
size_t yenc_room(const struct yenc_file *f);
/* Returns how many bytes it wrote, and adds what it saw to f->flags. */
size_t yenc_decode(struct yenc_file *f, unsigned char *out);

#endif
