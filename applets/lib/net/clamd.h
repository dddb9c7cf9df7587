/*
 * A client of clamd's INSTREAM command (clamd(8)), never naming a path.
 */
#ifndef NET_CLAMD_H
#define NET_CLAMD_H

#include "base/err.h"
#include "base/span.h"

enum clamd_state {
	CLAMD_CLEAN,
	CLAMD_FOUND,	/* text: the signature's name */
	CLAMD_UNABLE,	/* the engine answered that it cannot scan: text */
	CLAMD_LATER,	/* no engine, no answer, a garbled answer: text */
};

struct clamd_answer {
	enum clamd_state state;
	char text[128];	/* printable ASCII */
};

/*
 * Scans bytes; where: "unix:PATH" or "inet:ADDRESS:PORT". Waits until the
 * monotonic deadline at most. Anything but a well-formed answer is LATER.
 */
void clamd_scan(const char *where, struct span bytes, int64_t deadline_ms,
	struct clamd_answer *answer_r);

/*
 * The same for an answer that was read to its end: one line and its NUL,
 * nothing else.
 */
void clamd_parse_reply(struct span reply, struct clamd_answer *answer_r);

#endif
