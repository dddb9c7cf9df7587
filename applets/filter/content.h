/*
 * The bytes of one message while they arrive: a small one in memory that the
 * session keeps for its next message, a larger one in a memfd, and beyond the
 * byte budget in an unlinked file of the spool, while that file system has a
 * tenth free. Adding never fails: trouble is remembered and told at the end.
 */
#ifndef FILTER_CONTENT_H
#define FILTER_CONTENT_H

#include "base/buf.h"
#include "base/span.h"

enum content_trouble {
	CONTENT_FINE,
	CONTENT_NO_SPACE,	/* 451 4.3.1 */
	CONTENT_BROKEN,		/* a write failed */
};

/* Starts as { .fd = -1, .reader = -1 }. */
struct content {
	struct buf mem;		/* all of it while fd is -1 */
	int fd;			/* memfd, or file */
	int reader;		/* file: the same, read-only */
	bool in_file;
	uint64_t n;
	size_t budgeted;
	enum content_trouble trouble;
	void *map;
};

void content_add(struct content *c, struct span s);
/* All bytes; they stay until content_share or _reset. False: see trouble. */
bool content_view(struct content *c, struct span *s_r);
/*
 * A descriptor for the scanner that nobody can write through any more; the
 * content's own. -1: see trouble.
 */
int content_share(struct content *c);
/* Ready for the next message. */
void content_reset(struct content *c);
void content_free(struct content *c);

#endif
