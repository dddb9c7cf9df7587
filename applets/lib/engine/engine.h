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
/*
 * Judges a message of ours for nobody, so that what a first message costs
 * (bound symbols, opened tables, memory) is paid before a fork.
 */
void engine_warm(struct engine *en);
/* Why an update of rules and model is not used; "" when all is well. */
const char *engine_trouble(const struct engine *en);
/* How many policies and rules were loaded. */
void engine_count(const struct engine *en, size_t *policies_r,
	size_t *rules_r);
/*
 * Whether verdicts carry the facts that cost: sizes, true types and hashes of
 * parts, URLs. Off at first; `pm scan` wants them. Those of withheld mail
 * always do: people look at it.
 */
void engine_set_detail(struct engine *en, bool detail);
/* Whether the content classifier has a say; at first it has. */
void engine_set_content(struct engine *en, bool content);
/* engine/policy.h: policy_set_userdata */
void engine_set_userdata(struct engine *en, struct span record);
/* engine/policy.h: policy_tell_failures */
void engine_tell_failures(struct engine *en,
	void (*failed)(void *self, const char *text), void *self);
/* script/script.h: script_watch_lines */
void engine_watch_lines(struct engine *en, void (*reached)(void *self,
	const char *file, unsigned line), void *self);
bool engine_has_rules(const struct engine *en, enum engine_stage stage);

/* An answer before DATA: action DELIVER means "go on". */
struct stage_answer {
	enum action action;	/* DELIVER, REJECT, TEMPFAIL, DISCARD */
	struct span code, text;
	struct span reason;	/* of REJECT: "Rejected", or the rule's own */
	struct span rule;	/* "inbound/known 50-default.lua:3"; to go on:
				   empty, or TRACE_SKIPPED and of what */
	bool failed;		/* the policy failed; action is TEMPFAIL */
	struct trace_step step;	/* the same rule, for an explanation */
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

/*
 * As the MTA would see it: the rules before DATA first, then the judgement;
 * a recipient who was answered before DATA is in a group with that answer.
 */
void engine_rehearse(struct engine *en, const struct envelope *env,
	struct span raw, const struct ask *ask, int64_t deadline_ms,
	struct arena *a, struct verdict *verdict_r);

/* The most severe group of a verdict; NULL without recipients. */
const struct group *engine_most_severe(const struct verdict *v);

/* The object that `pm scan --json` prints (issue's field names), one line. */
void engine_explain_json(const struct verdict *v, const struct envelope *env,
	struct span file_name, struct buf *b);

/*
 * The same as one line for people, tabs between: file, action, reason,
 * probability, hits. Printable whatever the message holds; no newline.
 */
void engine_explain_line(const struct verdict *v, struct span file_name,
	struct buf *b);

#endif
