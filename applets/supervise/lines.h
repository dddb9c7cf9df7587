/*
 * Lines out of a stream of bytes, without allocation. A line longer than the
 * buffer comes in pieces, each but the last marked LINES_CUT; a last line
 * without its newline comes marked LINES_UNFINISHED.
 */
#ifndef SUPERVISE_LINES_H
#define SUPERVISE_LINES_H

#include "base/span.h"

enum { LINES_MAX = 8192 };

enum lines_mark { LINES_WHOLE, LINES_CUT, LINES_UNFINISHED };

struct lines {
	size_t n;
	unsigned char bytes[LINES_MAX];
};

/* Where the next bytes are to be read to: never empty. */
unsigned char *lines_room(struct lines *l, size_t *room_r);
/* Says that n bytes came there, and hands out each line, without its LF. */
void lines_came(struct lines *l, size_t n,
	void (*line)(void *context, struct span s, enum lines_mark mark),
	void *context);
/* The stream ended. */
void lines_end(struct lines *l,
	void (*line)(void *context, struct span s, enum lines_mark mark),
	void *context);

/*
 * Takes apart one datagram of syslog(3): "<PRI>Mmm dd hh:mm:ss TEXT". The
 * name of the priority ("mail.info") goes to pri; the text is returned
 * without time, newline and NUL.
 */
enum { LINES_PRI_SIZE = 24 };
struct span lines_syslog(struct span datagram, char pri[LINES_PRI_SIZE]);

#endif
