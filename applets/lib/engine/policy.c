#include "engine/policy_host.h"
#include "engine/policy_dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/wire.h"
#include "engine/policy_list.h"
#include "engine/policy_plan.h"
#include "engine/policy_refuse.h"
#include "detect/pattern.h"
#include "engine/policy_view.h"

enum {
	LOAD_ARENA = 128 << 20,
	SCRATCH_ARENA = 256 << 20,
	SCRATCH_WATCHED = 64 << 20,
	FAILURE_MAX = 780,
	FAILURE_ID_MAX = 100,
};

/* --- loading ------------------------------------------------------------- */

static int read_networks(struct policy_host *h, struct err *e)
{
	const struct bundle_settings *s = &h->bundle->settings;

	h->networks = arena_array(h->arena, s->nnetworks,
		sizeof(*h->networks));
	for (size_t i = 0; i < s->nnetworks; i++)
		if (!cidr_parse(s->networks[i], &h->networks[i]))
			return err_set(e, ERR_PERMANENT, "networks: \"%.*s\" "
				"is no network; write ADDRESS/BITS",
				SPAN_FMT(span_sub(s->networks[i], 0, 80)));
	return 0;
}

size_t policy_networks(const struct policy_host *h,
	const struct cidr **networks_r)
{
	*networks_r = h->networks;
	return h->bundle->settings.nnetworks;
}

static int load(struct policy_host *h, struct err *e)
{
	const struct bundle *b = h->bundle;

	h->list_names = arena_array(h->arena, b->nlists,
		sizeof(*h->list_names));
	for (size_t i = 0; i < b->nlists; i++)
		h->list_names[i] = arena_string(h->arena, b->lists[i].name);
	h->script = script_new(&script_default_limits, e);
	if (h->script == NULL || read_networks(h, e) < 0 ||
	    policy_read_options(h, e) < 0)
		return -1;
	script_set_context(h->script, h);
	/* An arena that is full ends the process: this ends the rule. */
	script_watch_arena(h->script, h->scratch, SCRATCH_WATCHED);
	script_add_functions(h->script, policy_functions);
	policy_add_classes(h->script);
	policy_index_phrases(h);
	if (policy_index_patterns(h, e) < 0 ||
	    policy_check_templates(h, e) < 0)
		return -1;
	h->loading = true;
	for (size_t i = 0; i < b->npolicy; i++) {
		if (script_run(h->script, arena_string(h->arena,
				b->policy[i].name), b->policy[i].text, NULL,
				e) < 0 ||
		    policy_refuse_later(&b->policy[i], h->scratch, e) < 0)
			return -1;
		arena_reset(h->scratch);
	}
	h->loading = false;
	return script_freeze(h->script, e);
}

struct policy_host *policy_host_new(const struct bundle *bundle,
	struct err *e)
{
	struct policy_host *h = calloc(1, sizeof(*h));

	if (h == NULL) {
		err_set(e, ERR_TEMPORARY, "no memory for the policy");
		return NULL;
	}
	h->bundle = bundle;
	h->last = &h->first;
	h->arena = arena_new("policy", LOAD_ARENA);
	h->scratch = arena_new("policy run", SCRATCH_ARENA);
	if (policy_open_dnslists(h, e) < 0 || load(h, e) < 0)
		policy_host_free(&h);
	return h;
}

void policy_tell_failures(struct policy_host *h,
	void (*failed)(void *self, const char *text), void *self)
{
	h->failed = failed;
	h->failed_self = self;
}

void policy_watch_lines(struct policy_host *h, void (*reached)(void *self,
	const char *file, unsigned line), void *self)
{
	script_watch_lines(h->script, reached, self);
}

void policy_host_free(struct policy_host **h)
{
	if (*h == NULL)
		return;
	script_free(&(*h)->script);
	pattern_room_free(&(*h)->patterns);
	arena_free(&(*h)->scratch);
	arena_free(&(*h)->arena);
	free(*h);
	*h = NULL;
}

bool policy_host_has_rules(const struct policy_host *h,
	enum engine_stage stage)
{
	return h->stages[stage] > 0;
}

void policy_host_count(const struct policy_host *h, size_t *policies_r,
	size_t *rules_r)
{
	*policies_r = h->npolicies;
	*rules_r = h->nrules;
}

/* --- one rule ------------------------------------------------------------ */

/* "FILE:LINE: what" becomes "FILE:LINE: rule "x": what". */
static int name_failure(const char *kind, struct span name, struct err *e)
{
	struct err old = *e;
	struct span text = span_of(old.text);
	size_t at = span_find(text, SPAN(": "));

	if (at == SIZE_MAX || span_chr(span_sub(text, 0, at), ':') == SIZE_MAX)
		return err_set(e, ERR_PERMANENT, "%s \"%.*s\": %s", kind,
			SPAN_FMT(name), old.text);
	return err_set(e, ERR_PERMANENT, "%.*s: %s \"%.*s\": %s", (int)at,
		old.text, kind, SPAN_FMT(name), old.text + at + 2);
}

/* Forgets what Lua has done since it was loaded. */
static void forget(struct policy_host *h)
{
	script_restore(h->script);
	arena_reset(h->scratch);
	h->run.said = (struct buf){ .arena = h->scratch };
	h->run.made = NULL;
}

/* Asks one guard. */
static int ask_guard(struct policy_host *h, struct policy *p, struct err *e)
{
	struct script_value s = policy_object(&policy_session_class, h);
	struct script_value answer = { .type = SCRIPT_NIL };

	if (script_call(h->script, p->guard, &s, 1, h->run.deadline_ms,
			&answer, 1, e) < 0)
		return name_failure("policy", p->name, e);
	if (h->run.made)
		return err_set(e, ERR_PERMANENT, "%s: policy \"%.*s\": "
			"%s(...) is for rules: the guard says only whether "
			"they are asked", h->run.made_where,
			SPAN_FMT(p->name), action_name(h->run.made->action));
	p->applies = answer.type != SCRIPT_NIL &&
		(answer.type != SCRIPT_BOOL || answer.boolean);
	return 0;
}

/*
 * A guard that failed where the site said that it does not matter: none of
 * its rules is asked. Who looks for mistakes wants theirs, too.
 */
static bool skip_guard(struct policy_host *h, struct policy *p,
	const struct err *e)
{
	struct run *run = &h->run;

	if ((!p->skip && !h->failed) || clock_ms() >= run->deadline_ms)
		return false;
	if (h->failed && p->failures++ < POLICY_FAILURES_MAX)
		h->failed(h->failed_self, e->text);
	run->made = NULL;
	p->applies = h->failed != NULL;
	p->skipped = span_of(arena_printf(run->arena, TRACE_SKIPPED "%.*s",
		POLICY_SAID_MAX, e->text));
	return true;
}

/*
 * Which policies apply: their guards are asked once for a message. What one
 * leaves in its variables would reach the first recipient only: forgotten.
 */
static int ask_guards(struct policy_host *h, struct err *e)
{
	bool asked = false;

	for (struct policy *p = h->first; p; p = p->next) {
		p->applies = true;
		p->skipped = (struct span){ 0 };
		if (p->guard < 0)
			continue;
		if (ask_guard(h, p, e) < 0 && !skip_guard(h, p, e))
			return -1;
		asked = true;
	}
	if (asked)
		forget(h);
	return 0;
}

/* What a rule returned: an ending action it just made, or nothing. */
static int check_answer(struct policy_host *h, const struct rule *r,
	const struct script_value *answer, struct err *e)
{
	const struct run *run = &h->run;

	if (answer->type == SCRIPT_OBJECT && run->made &&
	    answer->object.class == &policy_ending_class &&
	    answer->object.self == run->made)
		return 0;
	if (answer->type != SCRIPT_NIL)
		return err_set(e, ERR_PERMANENT, "%.*s: rule \"%.*s\": "
			"returned a %s: a rule returns nothing or an action "
			"like quarantine(\"Spam\")", SPAN_FMT(r->where),
			SPAN_FMT(r->name), script_type_name(answer->type));
	if (run->made == NULL)
		return 0;
	return err_set(e, ERR_PERMANENT, "%s: rule \"%.*s\": %s(...) alone "
		"does nothing: write return %s(...)", run->made_where,
		SPAN_FMT(r->name), action_name(run->made->action),
		action_name(run->made->action));
}

/* Before DATA there is no message to keep. */
static int check_stage(const struct rule *r, const struct policy_host *h,
	struct err *e)
{
	enum action action = h->run.made ? h->run.made->action :
		ACTION_DELIVER;

	if (r->stage == STAGE_CONTENT || action == ACTION_DELIVER ||
	    action == ACTION_REJECT || action == ACTION_TEMPFAIL ||
	    action == ACTION_DISCARD)
		return 0;
	return err_set(e, ERR_PERMANENT, "%s: rule \"%.*s\": %s(...) needs "
		"the message; before DATA a rule answers reject, tempfail or "
		"discard", h->run.made_where, SPAN_FMT(r->name),
		action_name(action));
}

static void add_trace(struct policy_host *h, const struct policy *p,
	const struct rule *r)
{
	struct run *run = &h->run;
	struct trace_step *t;

	if (h->untraced)
		return;
	t = &run->trace[run->ntrace++];

	*t = (struct trace_step){ .policy = p->name, .rule = r->name,
		.where = r->where, .said = buf_bytes(&run->said) };
	if (t->said.n)
		t->where = arena_span(h->scratch, span_of(run->said_where));
}

/* Asks one rule; run.made is its ending action, if any. */
static int ask_rule(struct policy_host *h, const struct policy *p,
	const struct rule *r, const struct script_value *args, size_t nargs,
	struct err *e)
{
	struct script_value answer = { .type = SCRIPT_NIL };
	struct run *run = &h->run;

	run->made = NULL;
	run->said = (struct buf){ .arena = h->scratch };
	if (script_call(h->script, r->ref, args, nargs, run->deadline_ms,
			&answer, 1, e) < 0)
		return name_failure("rule", r->name, e);
	if (check_answer(h, r, &answer, e) < 0 || check_stage(r, h, e) < 0)
		return -1;
	add_trace(h, p, r);
	return 0;
}

/*
 * A rule that failed where the site said that it does not matter: what it
 * began is forgotten. Time that ran out is everybody's.
 */
static bool skip_rule(struct policy_host *h, const struct policy *p,
	struct rule *r, const struct err *e)
{
	struct run *run = &h->run;

	if ((!p->skip && !h->failed) || clock_ms() >= run->deadline_ms)
		return false;
	if (h->failed && r->failures++ < POLICY_FAILURES_MAX)
		h->failed(h->failed_self, e->text);
	run->plan = h->before;
	run->made = NULL;
	run->said = (struct buf){ .arena = h->scratch };
	buf_printf(&run->said, TRACE_SKIPPED "%.*s", POLICY_SAID_MAX, e->text);
	snprintf(run->said_where, sizeof(run->said_where), "%.*s",
		SPAN_FMT(r->where));
	add_trace(h, p, r);
	return true;
}

/* Asks one rule, or passes over it. */
static int ask_or_skip(struct policy_host *h, const struct policy *p,
	struct rule *r, const struct script_value *args, size_t nargs,
	struct err *e)
{
	if (r->failures >= POLICY_FAILURES_MAX)
		return 0;
	if (p->skip || h->failed)
		h->before = h->run.plan;
	if (ask_rule(h, p, r, args, nargs, e) < 0 && !skip_rule(h, p, r, e))
		return -1;
	return 0;
}

/* Its guard was passed over: that is said where its rules would stand. */
static void trace_guard(struct policy_host *h, const struct policy *p)
{
	struct run *run = &h->run;

	if (p->skipped.p && !h->untraced)
		run->trace[run->ntrace++] = (struct trace_step){
			.policy = p->name, .rule = SPAN("guard"),
			.where = p->where, .said = p->skipped };
}

/* Asks the rules of a stage in order, until one ends it. */
static int ask_rules(struct policy_host *h, int stage,
	const struct script_value *args, size_t nargs, struct err *e)
{
	h->run.trace = arena_array(h->scratch, h->nrules + h->npolicies,
		sizeof(*h->run.trace));
	h->run.ntrace = 0;
	h->run.made = NULL;
	for (struct policy *p = h->first; p; p = p->next) {
		trace_guard(h, p);
		for (size_t i = 0; p->applies && i < p->nrules; i++) {
			if (p->rules[i].stage != stage)
				continue;
			if (ask_or_skip(h, p, &p->rules[i], args, nargs,
					e) < 0)
				return -1;
			if (h->run.made)
				return 0;
		}
	}
	return 0;
}

static void begin_run(struct policy_host *h, struct facts *f,
	const struct envelope *env, struct dnslist_set *dns,
	int64_t deadline_ms, struct arena *a)
{
	h->run = (struct run){ .facts = f, .env = env, .dns = dns,
		.arena = a, .deadline_ms = deadline_ms };
	forget(h);
}

/* --- stages -------------------------------------------------------------- */

/* "inbound/known recipients 50-default.lua:3" */
static struct span rule_words(const struct run *r, struct arena *a)
{
	const struct trace_step *t = &r->trace[r->ntrace - 1];

	return span_of(arena_printf(a, "%.*s/%.*s %.*s", SPAN_FMT(t->policy),
		SPAN_FMT(t->rule), SPAN_FMT(t->where)));
}

/* "skipped: FILE:LINE: …" of the first rule that was; or empty. */
static struct span skipped_words(const struct run *r, struct arena *a)
{
	for (size_t i = 0; i < r->ntrace; i++)
		if (span_starts(r->trace[i].said, SPAN(TRACE_SKIPPED)))
			return arena_span(a, r->trace[i].said);
	return SPAN("");
}

/*
 * Answers to digests are consumed, by a process with the rights for it; no
 * rule keeps people from giving them, and none delivers one.
 */
static bool is_answer(const struct policy_host *h, struct span rcpt)
{
	struct span answers = h->bundle->settings.answers;

	return answers.n && span_caseeq(rcpt, answers);
}

void policy_run_stage(struct policy_host *h, enum engine_stage stage,
	const struct envelope *env, struct dnslist_set *dns,
	int64_t deadline_ms, struct arena *a, struct stage_answer *answer_r)
{
	struct script_value args[] = {
		policy_object(&policy_session_class, h),
		policy_object(&policy_rcpt_class, h),
	};
	const struct plan *made;
	struct err e;

	*answer_r = (struct stage_answer){ .action = ACTION_DELIVER };
	if (h->stages[stage] == 0 || (stage == STAGE_RCPT && env->nrcpts &&
	    is_answer(h, env->rcpts[env->nrcpts - 1])))
		return;
	begin_run(h, NULL, env, dns, deadline_ms, a);
	if (stage == STAGE_RCPT && env->nrcpts) {
		h->run.rcpt = (uint32_t)env->nrcpts - 1;
		h->run.address = address_split(env->rcpts[h->run.rcpt]);
	}
	if (ask_guards(h, &e) < 0 ||
	    ask_rules(h, stage, args, stage == STAGE_RCPT ? 2 : 1, &e) < 0) {
		*answer_r = (struct stage_answer){
			.action = ACTION_TEMPFAIL, .code = SPAN("4.7.1"),
			.text = SPAN("policy failed, try again later"),
			.rule = arena_span(a, span_of(e.text)),
			.failed = true };
		return;
	}
	made = h->run.made;
	if (made == NULL) {
		answer_r->rule = skipped_words(&h->run, a);
		return;
	}
	answer_r->action = made->action;
	answer_r->code = arena_span(a, made->code);
	answer_r->text = arena_span(a, made->text);
	answer_r->reason = arena_span(a, made->reason);
	answer_r->rule = rule_words(&h->run, a);
	answer_r->step = h->run.trace[h->run.ntrace - 1];
	answer_r->step.where = arena_span(a, answer_r->step.where);
	answer_r->step.said = arena_span(a, answer_r->step.said);
}

/* --- the content rules --------------------------------------------------- */

/* Recipients with one plan and one trace, by the bytes of both. */
struct outcome {
	struct group group;
	size_t cap, elsewhere_cap;
	struct notice_wish *wish;	/* NULL: nobody is told */
	struct outcome *next;
};

static void put_texts(struct buf *b, const struct span *v, size_t n)
{
	wire_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_span(b, v[i]);
}

/* What groups compare: not where the copies go. */
static void put_plan(struct buf *b, const struct plan *p)
{
	wire_put_u8(b, (uint8_t)p->action);
	wire_put_span(b, p->reason);
	wire_put_span(b, p->code);
	wire_put_span(b, p->text);
	wire_put_span(b, p->notify);
	wire_put_u32(b, p->delay_minutes);
	put_texts(b, p->redirect, p->nredirect);
	wire_put_u32(b, (uint32_t)p->nsteps);
	for (size_t i = 0; i < p->nsteps; i++) {
		wire_put_u8(b, (uint8_t)p->steps[i].kind);
		wire_put_span(b, p->steps[i].name);
		wire_put_span(b, p->steps[i].value);
	}
	wire_put_u32(b, (uint32_t)p->nbanners);
	for (size_t i = 0; i < p->nbanners; i++) {
		wire_put_u8(b, p->banners[i].top);
		wire_put_span(b, p->banners[i].text);
		wire_put_span(b, p->banners[i].html);
	}
	wire_put_u32(b, (uint32_t)p->ndrops);
	for (size_t i = 0; i < p->ndrops; i++) {
		wire_put_u64(b, p->drops[i].part);
		wire_put_span(b, p->drops[i].text);
	}
	put_texts(b, p->copies, p->ncopies);
	put_texts(b, p->archives, p->narchives);
	wire_put_u8(b, p->batv);
	wire_put_u8(b, p->new_sender);
	wire_put_span(b, p->mail_from);
	policy_notice_put(b, &p->wish);
}

/*
 * The rules of a message are asked in one order: how many were, and what some
 * of them said, is all.
 */
static void put_trace(struct buf *b, const struct run *r)
{
	wire_put_u64(b, r->ntrace);
	for (size_t i = 0; i < r->ntrace; i++) {
		if (r->trace[i].said.n == 0)
			continue;
		wire_put_u64(b, i);
		wire_put_span(b, r->trace[i].where);
		wire_put_span(b, r->trace[i].said);
	}
}

static struct span *copy_texts(struct arena *a, const struct span *v,
	size_t n)
{
	struct span *copy = arena_array(a, n, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = arena_span(a, v[i]);
	return copy;
}

/* Copies what lives in the scratch arena. */
static int fill_group(struct policy_host *h, struct group *g, struct err *e)
{
	const struct run *r = &h->run;
	const struct plan *p = &r->plan;
	struct arena *a = r->arena;

	g->action = p->action;
	g->reason = arena_span(a, p->reason);
	g->code = arena_span(a, p->code);
	g->text = arena_span(a, p->text);
	g->notify = arena_span(a, p->notify);
	g->delay_minutes = p->delay_minutes;
	g->nredirect = p->nredirect;
	g->redirect = copy_texts(a, p->redirect, p->nredirect);
	g->ncopies = p->ncopies;
	g->copies = copy_texts(a, p->copies, p->ncopies);
	g->narchives = p->narchives;
	g->archives = copy_texts(a, p->archives, p->narchives);
	g->batv = p->batv;
	g->new_sender = p->new_sender;
	g->mail_from = arena_span(a, p->mail_from);
	g->ntrace = r->ntrace;
	g->trace = arena_array(a, r->ntrace, sizeof(*g->trace));
	for (size_t i = 0; i < r->ntrace; i++) {
		g->trace[i] = r->trace[i];
		g->trace[i].where = arena_span(a, r->trace[i].where);
		g->trace[i].said = arena_span(a, r->trace[i].said);
	}
	if (!policy_edit(p, r->facts, a, g))
		return err_set(e, ERR_PERMANENT, "the policy wants more than "
			"%d header edits of one message", PLAN_EDITS_MAX);
	policy_note_breaks(p, r->facts, g);
	return 0;
}

/* Edits may point at names that a plan step holds in scratch. */
static void keep_edits(struct group *g, struct arena *a)
{
	for (size_t i = 0; i < g->nedits; i++)
		if (g->edits[i].kind == EDIT_ADD_HEADER)
			g->edits[i].name = arena_span(a, g->edits[i].name);
}

/* Where the recipient at hand has his copy instead. */
static void add_elsewhere(struct outcome *o, const struct run *r)
{
	struct group *g = &o->group;
	const struct plan *p = &r->plan;

	if (!p->elsewhere)
		return;
	if (g->nelsewhere == o->elsewhere_cap) {
		struct destination *more;

		o->elsewhere_cap = o->elsewhere_cap ? o->elsewhere_cap * 2 : 4;
		more = arena_array(r->arena, o->elsewhere_cap, sizeof(*more));
		if (g->nelsewhere)
			memcpy(more, g->elsewhere,
				g->nelsewhere * sizeof(*more));
		g->elsewhere = more;
	}
	g->elsewhere[g->nelsewhere++] = (struct destination){ r->rcpt,
		copy_texts(r->arena, p->to, p->nto), p->nto };
}

static void add_rcpt(struct outcome *o, uint32_t rcpt, struct arena *a)
{
	struct group *g = &o->group;

	if (g->nrcpts == o->cap) {
		uint32_t *more;

		o->cap = o->cap ? o->cap * 2 : 4;
		more = arena_array(a, o->cap, sizeof(*more));
		if (g->nrcpts)
			memcpy(more, g->rcpts, g->nrcpts * sizeof(*more));
		g->rcpts = more;
	}
	g->rcpts[g->nrcpts++] = rcpt;
}

/* The ending action; changes asked for before it stay. */
static void end_plan(struct plan *p, const struct plan *made)
{
	p->action = made->action;
	p->reason = made->reason;
	p->code = made->code;
	p->text = made->text;
	p->notify = made->notify;
	policy_notice_join(&p->wish, &made->wish);
	p->delay_minutes = made->delay_minutes;
	memcpy(p->redirect, made->redirect,
		made->nredirect * sizeof(*p->redirect));
	p->nredirect = made->nredirect;
}

static void keep_answer(struct policy_host *h)
{
	struct run *run = &h->run;

	run->plan.action = ACTION_QUARANTINE;
	run->plan.reason = SPAN(BUNDLE_ANSWER);
	/* Nothing is left of who was asked about before. */
	run->made = NULL;
	run->trace = arena_array(h->scratch, 1, sizeof(*run->trace));
	run->trace[0] = (struct trace_step){ .policy = SPAN(POLICY_OURS),
		.rule = SPAN("answers"), .where = SPAN("enduser.reply"),
		.said = SPAN("quarantine(" BUNDLE_ANSWER ")") };
	run->ntrace = !h->untraced;
}

/* Asks the rules about one recipient; run.plan is what they want. */
static int judge_rcpt(struct policy_host *h, uint32_t rcpt, struct err *e)
{
	struct script_value args[] = {
		policy_object(&policy_message_class, h),
		policy_object(&policy_rcpt_class, h),
		policy_object(&policy_plan_class, h),
	};
	struct run *r = &h->run;

	/* Nothing of a recipient reaches the next one, memory included. */
	if (rcpt > 0)
		forget(h);
	r->rcpt = rcpt;
	r->address = address_split(r->env->rcpts[rcpt]);
	r->plan = (struct plan){ .action = ACTION_DELIVER };
	if (is_answer(h, r->env->rcpts[rcpt])) {
		keep_answer(h);
		return 0;
	}
	if (ask_rules(h, STAGE_CONTENT, args, 3, e) < 0)
		return -1;
	if (r->made)
		end_plan(&r->plan, r->made);
	return 0;
}

/* Finds or makes the outcome of the plan at hand. */
static struct outcome *find_outcome(struct policy_host *h, struct map *known,
	struct outcome ***last, struct err *e)
{
	struct buf key = { .arena = h->scratch };
	struct outcome *o;

	put_plan(&key, &h->run.plan);
	put_trace(&key, &h->run);
	o = map_get(known, buf_bytes(&key));
	if (o)
		return o;
	o = arena_alloc(h->run.arena, sizeof(*o));
	if (fill_group(h, &o->group, e) < 0)
		return NULL;
	keep_edits(&o->group, h->run.arena);
	o->wish = policy_notice_keep(&h->run.plan.wish, h->run.arena);
	map_put(known, arena_span(h->run.arena, buf_bytes(&key)), o);
	**last = o;
	*last = &o->next;
	return o;
}

static int judge_all(struct policy_host *h, struct outcome **first_r,
	struct err *e)
{
	struct map *known = map_new(h->run.arena);
	struct outcome **last = first_r, *o;

	if (ask_guards(h, e) < 0)
		return -1;
	for (uint32_t i = 0; i < h->run.env->nrcpts; i++) {
		if (judge_rcpt(h, i, e) < 0)
			return -1;
		o = find_outcome(h, known, &last, e);
		if (o == NULL)
			return -1;
		add_rcpt(o, i, h->run.arena);
		add_elsewhere(o, &h->run);
	}
	return 0;
}

/* Which rule, and of which message: senders are asked by its Message-ID. */
static struct span failure_words(struct span failure, struct span id,
	struct arena *a)
{
	struct buf b = { .arena = a };

	buf_span(&b, span_sub(failure, 0, FAILURE_MAX));
	if (id.n)
		buf_printf(&b, " (Message-ID %.*s)", SPAN_FMT(span_sub(id, 0,
			FAILURE_ID_MAX)));
	return buf_bytes(&b);
}

void policy_fail(struct facts *f, const char *failure, struct verdict *v_r)
{
	struct group *g = arena_alloc(f->arena, sizeof(*g));

	g->action = ACTION_TEMPFAIL;
	g->code = SPAN("4.7.1");
	g->text = SPAN("policy failed, try again later");
	g->nrcpts = f->env->nrcpts;
	g->rcpts = arena_array(f->arena, g->nrcpts, sizeof(*g->rcpts));
	for (size_t i = 0; i < g->nrcpts; i++)
		g->rcpts[i] = (uint32_t)i;
	v_r->failed = true;
	v_r->failure = failure_words(span_of(failure), v_r->message_id,
		f->arena);
	v_r->groups = g;
	v_r->ngroups = f->env->nrcpts > 0;
}

void policy_run_message(struct policy_host *h, struct facts *f,
	struct dnslist_set *dns, int64_t deadline_ms, struct verdict *v_r,
	struct list_hit **lists_r, size_t *nlists_r)
{
	struct outcome *first = NULL;
	struct told told = { 0 };
	struct err e;
	size_t n = 0;

	begin_run(h, f, f->env, dns, deadline_ms, f->arena);
	if (judge_all(h, &first, &e) < 0) {
		policy_fail(f, e.text, v_r);
	} else {
		for (struct outcome *o = first; o; o = o->next)
			v_r->ngroups++;
		v_r->groups = arena_array(f->arena, v_r->ngroups,
			sizeof(*v_r->groups));
		for (struct outcome *o = first; o; o = o->next) {
			policy_notice_make(h, o->wish, &o->group, &told);
			v_r->groups[n++] = o->group;
		}
	}
	*lists_r = h->run.lists;
	*nlists_r = h->run.nlists;
}

/* --- what if ------------------------------------------------------------- */

size_t policy_list_hits(const struct policy_host *h,
	const struct list_hit **hits_r)
{
	*hits_r = h->run.lists;
	return h->run.nlists;
}

void policy_try(struct policy_host *h, uint32_t rcpt, struct policy_trial *t)
{
	struct run *r = &h->run;
	const struct trace_step *last;
	struct err e;
	int failed;

	policy_view_renew(h, t->facts);
	r->facts = t->facts;
	r->env = t->facts->env;
	r->without = t->without;
	r->trial = true;
	forget(h);
	failed = ask_guards(h, &e) < 0 || judge_rcpt(h, rcpt, &e) < 0;
	last = r->ntrace && !failed ? &r->trace[r->ntrace - 1] : NULL;
	t->action = failed ? ACTION_TEMPFAIL : r->plan.action;
	t->policy = last ? last->policy : SPAN("");
	t->rule = last ? last->rule : SPAN("");
}
