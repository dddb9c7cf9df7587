/*
 * The one table of questions that the judgement may put to the world. The
 * scanner's goes to the broker, `pm scan` and the tests bring their own.
 *
 * Questions are sent as soon as they are known and collected later, all
 * together: send never waits, collect waits until every question sent has an
 * answer or the deadline passes. What has no answer then is LATER. An answer
 * is never "no" because somebody did not know.
 *
 * Whoever needs an answer to know what to ask next waits in between: wait
 * returns after the next answer, whosever it is.
 */
#ifndef ENGINE_ASK_H
#define ENGINE_ASK_H

#include "base/arena.h"
#include "base/question.h"

struct ask {
	void *self;
	/* q lives until collect returned; the answers are in the arena. */
	void (*send)(void *self, struct question *q, struct arena *a);
	void (*collect)(void *self, int64_t deadline_ms); /* monotonic */
	/* False: no more answers, or none came until the deadline. */
	bool (*wait)(void *self, int64_t deadline_ms);
};

/*
 * The table over a connected SEQPACKET socket whose other end is a broker
 * (net/broker.h). fd -1, or a broker that went away: every answer is LATER.
 * The object is in the arena and holds no descriptor of its own.
 */
struct ask *ask_socket_new(int fd, struct arena *a);
/* Did the broker go away (the scanner should end after this message)? */
bool ask_socket_lost(const struct ask *ask);

#endif
