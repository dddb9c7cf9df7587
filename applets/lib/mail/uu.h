/*
 * Files inside a text: uuencode (POSIX uuencode), its base64 form included.
 * Lenient as old clients are; what is broken is a flag.
 */
#ifndef MAIL_UU_H
#define MAIL_UU_H

#include "base/span.h"

enum uu_flag {
	UU_NO_END = 1u << 0,	/* the text, or another begin, came first */
	UU_COUNT = 1u << 1,	/* a line is shorter or longer than it says */
	UU_JUNK = 1u << 2,	/* lines between that are not of the file */
};

struct uu_file {
	struct span name;	/* as written, may be a path */
	struct span lines;	/* what is between begin and end */
	size_t at, size;	/* all of it in the text, with line ends */
	bool base64;
	unsigned flags;
};

/*
 * The next file at or behind offset `from`, which is the start of a line.
 * "begin 644 name" alone is prose: a line of the file must follow it.
 */
bool uu_find(struct span text, size_t from, struct uu_file *f_r);

/*
 * How many bytes of room decoding needs: a line that lost its blanks has more
 * bytes than characters, up to 32 times as many.
 */
size_t uu_room(const struct uu_file *f);
/* Returns how many bytes it wrote, and adds what it saw to f->flags. */
size_t uu_decode(struct uu_file *f, unsigned char *out);

#endif
