/*
 * The one table of questions that the judgement may put to the world. The
 * scanner's goes to the broker, `pm scan` and the tests bring their own.
 *
 * Questions are sent as soon as they are known and collected later, all
 * together: send never waits, collect waits until every question sent has an
 * answer or the deadline passes. What has no answer then is LATER. An answer
 * is never "no" because somebody did not know.
 */
#ifndef ENGINE_ASK_H
#define ENGINE_ASK_H

#include "base/arena.h"
#include "base/span.h"

enum ask_kind {
	ASK_DNS,	/* name, type -> records */
	ASK_VIRUS,	/* bytes -> found (name), clean, or cannot scan */
	ASK_HISTORY,	/* name -> not available in this version: LATER */
};

enum ask_state {
	ASK_PENDING,	/* sent, no answer yet */
	ASK_YES,	/* DNS: records; virus: found */
	ASK_NO,		/* DNS: no such name or type; virus: clean */
	ASK_UNABLE,	/* virus: the engine cannot scan this (and says why) */
	ASK_LATER,	/* could not be known in time; why says what failed */
	ASK_OFF,	/* virus: no engine is wired */
};

enum { ASK_RECORDS_MAX = 64, ASK_PENDING_MAX = 256 };

struct question {
	enum ask_kind kind;
	struct span name;	/* DNS: the name, dots, no final dot needed */
	uint16_t type;		/* DNS: RFC 1035 type number */
	struct span bytes;	/* virus: what to scan */

	enum ask_state state;	/* filled by send and collect */
	struct span *records;	/* DNS: rdata each, raw */
	size_t nrecords;
	struct span text;	/* virus name, or why LATER / UNABLE */
	struct question *next;	/* for the implementation's own list */
};

struct ask {
	void *self;
	/* q lives until collect returned; the answers are in the arena. */
	void (*send)(void *self, struct question *q, struct arena *a);
	void (*collect)(void *self, int64_t deadline_ms); /* monotonic */
};

#endif
