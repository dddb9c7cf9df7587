#include "outcome.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "health.h"
#include "judge.h"
#include "message_log.h"
#include "notice_cap.h"
#include "poison.h"
#include "policy_source.h"
#include "signing.h"

enum { SHOWN_ID_MAX = 100 };

static bool can_reinject;
static atomic_uint pending;

/* The end of one message on its way to its line in the log. */
struct ending {
	struct session *s;
	const struct milter_ops *ops;
	struct verdict v;
	struct resolution r;
	const char *why;	/* in the log, never told to the sender */
	struct span said;	/* what the sender is told */
	bool unscannable;
	int64_t start_ms;
};

void outcome_start(const char *appliance, bool reinject)
{
	can_reinject = reinject;
	message_log_start(appliance);
}

unsigned outcome_pending(void)
{
	return atomic_load(&pending);
}

static const char *reply_name(enum reply_kind k)
{
	switch (k) {
	case REPLY_ACCEPT: return "accept";
	case REPLY_DISCARD: return "discard";
	case REPLY_TEMPFAIL: return "tempfail";
	case REPLY_REJECT: return "reject";
	}
	return "?";
}

static enum reply_kind refuse(struct ending *d, enum reply_kind kind,
	struct span code, struct span text)
{
	d->said = keep_reply(d->s->message, kind, code, text, d->ops);
	return kind;
}

/* "why" is ours; the sender hears the general text only. */
static enum reply_kind later(struct ending *d, const char *why)
{
	d->why = why;
	return refuse(d, REPLY_TEMPFAIL, (struct span){ 0 },
		(struct span){ 0 });
}

static enum reply_kind no_space(struct ending *d)
{
	d->why = d->s->content.trouble == CONTENT_NO_SPACE ?
		"no memory or disk space for the message" :
		"the message could not be held";
	return refuse(d, REPLY_TEMPFAIL, SPAN("4.3.1"),
		SPAN("mail filter: insufficient system storage"));
}

/* A disk that fails: nothing may be answered but 451. */
static enum reply_kind not_kept(struct ending *d, const struct err *e)
{
	char text[400];

	log_error("message %s: cannot keep it: %s", d->s->id.text, e->text);
	snprintf(text, sizeof(text), "%.300s: mail that must be kept is "
		"answered 451", e->text);
	health_set(HEALTH_SPOOL, text);
	return later(d, "cannot be kept");
}

/* The message has ended scanners before: no more of them for it. */
static enum reply_kind unscannable(struct ending *d, const char *why)
{
	struct err e;

	if (keep_unscannable(d->s, why, &e) < 0)
		return not_kept(d, &e);
	health_set(HEALTH_SPOOL, NULL);
	d->why = "quarantined as Unscannable";
	d->r = (struct resolution){ .reply = REPLY_DISCARD, .nkeeps = 1 };
	d->unscannable = true;
	return REPLY_DISCARD;
}

static enum reply_kind crashed(struct ending *d)
{
	struct span bytes = { 0 };
	unsigned times = content_view(&d->s->content, &bytes) ?
		poison_add(bytes) : 0;

	log_error("message %s: ended its scanner (%s), time %u",
		d->s->id.text, d->why, times);
	if (times >= POISON_TIMES)
		return unscannable(d, d->why);
	return later(d, d->why);
}

/* The policy failed: which rule, for the people who can mend it. */
static void tell_failure(struct ending *d)
{
	const struct verdict *v = &d->v;
	char text[400];

	if (!v->failed)
		return;
	snprintf(text, sizeof(text), "policy: %.*s: mail is answered 451",
		(int)(v->failure.n < 300 ? v->failure.n : 300),
		(const char *)v->failure.p);
	log_error("message %s: %s", d->s->id.text, text);
	health_set(HEALTH_RULE, text);
	d->why = "the policy failed";
}

/* A rule failed that the site wants passed over: mail goes on without it. */
static void tell_skipped(const char *id, struct span said,
	struct span message_id)
{
	char text[400];

	if (!span_starts(said, SPAN(TRACE_SKIPPED)))
		return;
	said = span_sub(span_after(said, sizeof(TRACE_SKIPPED) - 1), 0, 230);
	message_id = span_sub(message_id, 0, SHOWN_ID_MAX);
	snprintf(text, sizeof(text), "policy: %.*s%s%.*s%s: this rule is "
		"skipped", SPAN_FMT(said), message_id.n ? " (Message-ID " : "",
		SPAN_FMT(message_id), message_id.n ? ")" : "");
	log_error("message %s: %s", id, text);
	health_set(HEALTH_RULE, text);
}

static void tell_skips(const struct session *s, const struct verdict *v)
{
	for (size_t i = 0; i < v->ngroups; i++)
		for (size_t k = 0; k < v->groups[i].ntrace; k++)
			tell_skipped(s->id.text, v->groups[i].trace[k].said,
				v->message_id);
}

/* Each second, and at the end by whoever ends us: never two at a time. */
void outcome_sync(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct err e;

	pthread_mutex_lock(&lock);
	health_set(HEALTH_JOURNAL, message_log_sync(&e) < 0 ?
		e.text : NULL);
	pthread_mutex_unlock(&lock);
}

/* Mail of a domain that has a key never goes out without its signature. */
static enum reply_kind not_signed(struct ending *d, const struct err *e)
{
	log_error("message %s: not signed: %s", d->s->id.text, e->text);
	health_set(HEALTH_SIGNER, e->text);
	return later(d, "the signer does not sign");
}

/* Does r deliver something that is signed? */
static bool has_signs(const struct resolution *r)
{
	if (r->own && r->own->nsigns)
		return true;
	for (size_t i = 0; i < r->nkeeps; i++)
		if (r->keeps[i].kind == KEEP_COPY &&
		    (r->keeps[i].group->nsigns || r->keeps[i].group->seal))
			return true;
	return false;
}

/* The message goes its way: only that somebody hears of it is left out. */
static void cap_notices(struct ending *d)
{
	size_t n = notice_cap(&d->v, clock_ms());

	if (n && d->why == NULL)
		d->why = arena_printf(d->s->message, "%zu notice%s left out: "
			"%d to one person within an hour are enough", n,
			n == 1 ? "" : "s", NOTICE_CAP);
}

/* Signature, spool, edits, answer: in this order. */
static enum reply_kind carry_out(struct ending *d)
{
	struct err e;

	tell_failure(d);
	tell_skips(d->s, &d->v);
	signing_check(d->s, &d->v);
	cap_notices(d);
	verdict_resolve(&d->v, &d->s->env, &d->s->can, d->s->message, &d->r);
	if (has_signs(&d->r)) {
		if (signing_sign(d->s, &d->v, &d->r, &e) < 0)
			return not_signed(d, &e);
		health_set(HEALTH_SIGNER, NULL);
	}
	if (keep_commit(d->s, &d->v, &d->r, &e) < 0)
		return not_kept(d, &e);
	if (d->r.nkeeps)
		health_set(HEALTH_SPOOL, NULL);
	if (d->r.reply == REPLY_ACCEPT && keep_edit(d->s, &d->r, d->ops) < 0)
		return later(d, "the MTA refused an edit");
	return refuse(d, d->r.reply, d->r.code, d->r.text);
}

static enum reply_kind judge(struct ending *d)
{
	struct session *s = d->s;
	enum judge_end end;
	struct span bytes;

	if (!s->mail_seen || s->env.nrcpts == 0)
		return later(d, "end of message without MAIL and RCPT");
	if (s->over_limits)
		return later(d, "envelope over its limits");
	if (!content_view(&s->content, &bytes))
		return no_space(d);
	if (poison_times(bytes) >= POISON_TIMES)
		return unscannable(d, "has ended scanners before");
	end = judge_message(s, d->start_ms + JUDGE_MESSAGE_MS, &d->v, &d->why);
	if (end == JUDGE_DONE)
		return carry_out(d);
	/* Half of a verdict is none. */
	d->v = (struct verdict){ 0 };
	if (end == JUDGE_CRASHED)
		return crashed(d);
	return s->content.trouble ? no_space(d) : later(d, d->why);
}

/* The log hears of it first: the MTA's answer may be the last thing we do. */
static void tell_log(struct ending *d, enum reply_kind reply, int64_t ms)
{
	struct message_end end = {
		.reply = reply, .v = &d->v, .said = d->said, .why = d->why,
		.unscannable = d->unscannable, .took_ms = (uint32_t)ms,
	};

	message_log_message(d->s, &end);
}

enum reply_kind outcome_message(struct session *s,
	const struct milter_ops *ops)
{
	struct ending d = { .s = s, .ops = ops, .start_ms = clock_ms() };
	enum reply_kind reply;
	int64_t ms;

	atomic_fetch_add(&pending, 1);
	s->can.reinject = can_reinject;
	reply = judge(&d);
	ms = clock_ms() - d.start_ms;
	tell_log(&d, reply, ms);
	log_info("message %s: queue=%.*s from=<%.*s> rcpts=%zu bytes=%llu "
		"reply=%s kept=%zu score=%d ms=%lld%s%s",
		s->id.text, SPAN_FMT(s->env.queue_id),
		SPAN_FMT(s->env.mail_from), s->env.nrcpts,
		(unsigned long long)s->content.n, reply_name(reply),
		d.r.nkeeps, d.v.score, (long long)ms,
		d.why ? " why=" : "", d.why ? d.why : "");
	session_reset(s);
	atomic_fetch_sub(&pending, 1);
	return reply;
}

/* The reply of an early stage, from its answer. */
static enum reply_kind stage_reply(struct session *s, enum engine_stage stage,
	const struct stage_answer *a, const char *why,
	const struct milter_ops *ops)
{
	enum reply_kind kind = a->action == ACTION_REJECT ? REPLY_REJECT :
		a->action == ACTION_DISCARD ? REPLY_DISCARD :
		a->action == ACTION_TEMPFAIL ? REPLY_TEMPFAIL : REPLY_ACCEPT;
	struct message_end end;

	if (kind == REPLY_ACCEPT) {
		tell_skipped("before DATA", a->rule, SPAN(""));
		return kind;
	}
	if (a->failed)
		health_set(HEALTH_RULE, "policy: a rule before DATA fails: "
			"451 (the log says which)");
	log_info("session [%.*s] from=<%.*s> reply=%s rule=%.*s",
		SPAN_FMT(s->env.relay_addr), SPAN_FMT(s->env.mail_from),
		reply_name(kind), SPAN_FMT(a->rule));
	end = (struct message_end){ .reply = kind, .why = a->failed ?
		arena_string(s->stage, a->rule) : why };
	end.said = keep_reply(s->stage, kind, a->code, a->text, ops);
	message_log_refusal(s, stage, a, &end);
	return kind;
}

enum reply_kind outcome_stage(struct session *s, enum engine_stage stage,
	const struct milter_ops *ops)
{
	struct stage_answer answer = { .action = ACTION_TEMPFAIL };
	const char *why = NULL;
	enum reply_kind reply;

	if (!policy_source_has_rules(stage))
		return REPLY_ACCEPT;
	atomic_fetch_add(&pending, 1);
	if (judge_stage(s, stage, clock_ms() + JUDGE_STAGE_MS, &answer,
		&why) != JUDGE_DONE) {
		log_warn("session [%.*s]: stage %d: %s",
			SPAN_FMT(s->env.relay_addr), stage, why);
		answer = (struct stage_answer){ .action = ACTION_TEMPFAIL };
	}
	reply = stage_reply(s, stage, &answer, why, ops);
	/* A refused recipient is none of the message's. */
	if (stage == STAGE_RCPT && reply != REPLY_ACCEPT && s->env.nrcpts)
		s->env.nrcpts--;
	atomic_fetch_sub(&pending, 1);
	return reply;
}
