/*
 * Lines of a message, by offsets. A line ends at LF or CRLF; for readers that
 * take a bare CR for a line end as well, also there. Linear in all cases.
 */
#ifndef MAIL_LINES_H
#define MAIL_LINES_H

#include "base/span.h"

struct line {
	size_t at, end;		/* the text, without its line end */
	size_t next;		/* where the next line starts */
};

struct lines {
	struct span raw;
	size_t at;		/* of the next line; may be moved on */
	bool cr;		/* a bare CR ends a line, too */
	size_t lf;		/* private: of the next LF, or raw.n */
};

/* False at the end of raw. */
bool lines_next(struct lines *l, struct line *line_r);

/* Where what stands before offset `at` ends, without one line end. */
size_t lines_before(struct span raw, size_t at, bool cr);

/* Is there a CR that no LF follows? */
bool lines_bare_cr(struct span raw);

/*
 * Where `what` (not empty) is at or behind `from`, or SIZE_MAX. Each call
 * looks at what is near first, so that many calls are linear together.
 */
size_t lines_find(struct span s, size_t from, struct span what);

/* Nothing but blanks, tabs, CR and LF? */
bool lines_blank(struct span s);

#endif
