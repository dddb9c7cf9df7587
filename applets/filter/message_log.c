#include "message_log.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "keep.h"
#include "store/journal.h"
#include "store/message.h"

static struct journal *journal;
static char appliance[256];

void message_log_start(const char *name)
{
	snprintf(appliance, sizeof(appliance), "%s", name);
	journal = journal_open();
}

int message_log_sync(struct err *e)
{
	return journal_sync(journal, e);
}

/* Fields that people read: the rest of an edit is for machines. */
static bool is_seen(struct span name)
{
	static const char *const seen[] = { "Subject", "From", "To", "Cc",
		"Reply-To", "Sender", "Date" };

	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++)
		if (span_caseeq(name, span_of(seen[i])))
			return true;
	return false;
}

static bool is_tagged(const struct group *g)
{
	for (size_t i = 0; i < g->nedits; i++)
		if (is_seen(g->edits[i].name))
			return true;
	return false;
}

/* What became of a group when the message as a whole was taken. */
static enum outcome of_plan(const struct group *g)
{
	switch (g->action) {
	case ACTION_TEMPFAIL:
	case ACTION_N:
		return OUTCOME_DEFERRED;
	case ACTION_REJECT: /* beside others: a copy is kept, DESIGN 5 */
	case ACTION_QUARANTINE:
		return OUTCOME_QUARANTINED;
	case ACTION_DELAY:
		return OUTCOME_DELAYED;
	case ACTION_DISCARD:
		return OUTCOME_DISCARDED;
	case ACTION_REDIRECT:
		return OUTCOME_REDIRECTED;
	case ACTION_DELIVER:
		return is_tagged(g) ? OUTCOME_TAGGED : OUTCOME_DELIVERED;
	}
	return OUTCOME_DEFERRED;
}

static enum outcome of_reply(enum reply_kind reply)
{
	return reply == REPLY_TEMPFAIL ? OUTCOME_DEFERRED :
		reply == REPLY_REJECT ? OUTCOME_REJECTED :
		reply == REPLY_DISCARD ? OUTCOME_DISCARDED :
		OUTCOME_DELIVERED;
}

static void put_group(struct arena *a, const struct message_end *end,
	const struct group *g, struct message_group *out)
{
	bool refused = end->reply == REPLY_TEMPFAIL ||
		end->reply == REPLY_REJECT;

	*out = (struct message_group){
		.outcome = refused ? of_reply(end->reply) : of_plan(g),
		.reason = g->reason, .reply = end->said,
		.trace = keep_trace(a, g), .rcpts = g->rcpts,
		.nrcpts = g->nrcpts,
	};
	if (g->action == ACTION_REJECT && (!refused || g->reason.n == 0))
		out->reason = SPAN("Rejected");
}

/* One group for everybody, when there is no verdict. */
static void put_all(struct arena *a, const struct message_end *end,
	struct message_record *r)
{
	struct message_group *g = arena_alloc(a, sizeof(*g));

	g->outcome = end->unscannable ? OUTCOME_QUARANTINED :
		of_reply(end->reply);
	g->reason = end->unscannable ? SPAN("Unscannable") :
		end->reply == REPLY_REJECT ? SPAN("Rejected") : SPAN("");
	g->reply = end->said;
	g->nrcpts = r->nrcpts;
	g->rcpts = arena_array(a, r->nrcpts, sizeof(*g->rcpts));
	for (size_t i = 0; i < r->nrcpts; i++)
		g->rcpts[i] = (uint32_t)i;
	r->groups = g;
	r->ngroups = 1;
}

/* What every record says. */
static struct message_record begin(const struct session *s,
	const struct message_end *end)
{
	const struct envelope *e = &s->env;

	return (struct message_record){
		.received_ms = e->received_ms ? e->received_ms :
			clock_wall_ms(),
		.appliance = span_of(appliance),
		.relay_addr = e->relay_addr, .relay_name = e->relay_name,
		.helo = e->helo, .mail_from = e->mail_from,
		.queue_id = e->queue_id, .took_ms = end->took_ms,
		.why = span_of(end->why ? end->why : ""),
	};
}

static void append(struct arena *a, struct message_record *r)
{
	struct buf b = { .arena = a };

	message_put(&b, r);
	if (b.n > JOURNAL_RECORD_MAX) {
		/* The row matters more than how it came about. */
		b.n = 0;
		r->facts = SPAN("");
		for (size_t i = 0; i < r->ngroups; i++)
			r->groups[i].trace = SPAN("");
		message_put(&b, r);
	}
	if (!journal_append(journal, buf_bytes(&b)))
		log_warn("message %s: not in the journal", r->id.text);
}

void message_log_message(struct session *s, const struct message_end *end)
{
	struct message_record r = begin(s, end);
	const struct verdict *v = end->v;
	struct arena *a = s->message;

	r.id = s->id.text[0] ? s->id : id_new();
	r.size = s->content.n;
	r.rcpts = s->env.rcpts;
	r.nrcpts = s->env.nrcpts;
	r.subject = v->subject;
	r.header_from = v->header_from;
	r.message_id = v->message_id;
	r.score = v->score;
	r.probability = v->probability;
	r.facts = v->facts;
	r.ngroups = v->ngroups;
	r.groups = arena_array(a, v->ngroups, sizeof(*r.groups));
	for (size_t i = 0; i < v->ngroups; i++)
		put_group(a, end, &v->groups[i], &r.groups[i]);
	if (v->ngroups == 0)
		put_all(a, end, &r);
	append(a, &r);
}

void message_log_refusal(struct session *s, enum engine_stage stage,
	const struct stage_answer *answer, const struct message_end *end)
{
	struct message_record r = begin(s, end);

	r.id = id_new();
	if (stage == STAGE_RCPT && s->env.nrcpts) {
		r.rcpts = &s->env.rcpts[s->env.nrcpts - 1];
		r.nrcpts = 1;
	}
	put_all(s->stage, end, &r);
	if (answer->reason.n)
		r.groups->reason = answer->reason;
	if (answer->rule.n && !answer->failed)
		r.groups->trace = span_of(arena_printf(s->stage, "%.*s\n",
			SPAN_FMT(answer->rule)));
	append(s->stage, &r);
}
