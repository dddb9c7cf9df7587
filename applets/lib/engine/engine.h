/*
 * The judgement itself, the same for the scanner, `pm scan` and the viewer:
 * a message and its envelope in, a verdict out. Touches no file and no
 * network; asks the world through struct ask only.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "engine/ask.h"
#include "engine/bundle.h"
#include "engine/envelope.h"
#include "engine/verdict.h"

struct engine;

/* Which early stages have rules: decides what front asks the MTA for. */
enum engine_stage { STAGE_CONNECT, STAGE_MAIL, STAGE_RCPT, STAGE_N };

/*
 * Loads the policy. NULL and *e (file:line: what) when it cannot be used.
 * The bundle must outlive the engine.
 */
struct engine *engine_new(const struct bundle *bundle, struct err *e);
void engine_free(struct engine **en);
bool engine_has_rules(const struct engine *en, enum engine_stage stage);

/* An answer before DATA: action DELIVER means "go on". */
struct stage_answer {
	enum action action;	/* DELIVER, REJECT, TEMPFAIL, DISCARD */
	struct span code, text;
	struct span rule;	/* "inbound/known 50-default.lua:3" */
	bool failed;		/* the policy failed; action is TEMPFAIL */
};

/*
 * Runs the rules of one stage. At STAGE_RCPT the recipient in question is the
 * last of env->rcpts. deadline_ms is monotonic.
 */
void engine_stage(struct engine *en, enum engine_stage stage,
	const struct envelope *env, const struct ask *ask,
	int64_t deadline_ms, struct arena *a, struct stage_answer *answer_r);

/*
 * Judges one message. raw: header and body as rebuilt from the MTA, CRLF.
 * Never fails: a failing policy gives a verdict with `failed`.
 */
void engine_judge(struct engine *en, const struct envelope *env,
	struct span raw, const struct ask *ask, int64_t deadline_ms,
	struct arena *a, struct verdict *verdict_r);

/* The object that `pm scan --json` prints (issue's field names), one line. */
void engine_explain_json(const struct verdict *v, const struct envelope *env,
	struct span file_name, struct buf *b);

#endif
