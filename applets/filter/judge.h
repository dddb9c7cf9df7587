/*
 * Hands a message, or the question of an early stage, to a scanner and waits
 * for what it says, to a deadline; kicks libmilter before a long wait.
 */
#ifndef FILTER_JUDGE_H
#define FILTER_JUDGE_H

#include "engine/engine.h"
#include "session.h"

enum {
	JUDGE_STAGE_MS = 5000,	/* CONNECT, MAIL, RCPT */
	JUDGE_MESSAGE_MS = 25000, /* end of message, in all */
};

enum judge_end {
	JUDGE_DONE,
	JUDGE_LATER,	/* nobody could judge it in time: 451 */
	JUDGE_CRASHED,	/* the message ended its scanner, or made it answer
			   nonsense: counts in the ledger (poison.h) */
};

/* The verdict lives in the session's message arena. why_r: for the log. */
enum judge_end judge_message(struct session *s, int64_t deadline_ms,
	struct verdict *v_r, const char **why_r);
enum judge_end judge_stage(struct session *s, enum engine_stage stage,
	int64_t deadline_ms, struct stage_answer *a_r, const char **why_r);

#endif
