#include "engine/engine.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "engine/check.h"
#include "engine/content.h"
#include "engine/explain.h"
#include "engine/findable.h"
#include "engine/facts_record.h"
#include "engine/policy.h"
#include "engine/signing.h"

enum {
	POLICY_RESERVE_MS = 2000,	/* of the deadline (DESIGN 4) */
	DISPLAY_MAX = 1000,
	RULES_ARENA_MAX = 256 << 20,
};

struct engine {
	const struct bundle *bundle;
	struct policy_host *policy;
	struct rules *rules;
	struct classifier model, feedback;
	bool taught;		/* there is feedback */
	struct arena *arena;	/* of the shipped rules, where they had to be
				   compiled */
	const char *trouble;	/* NULL: none */
	bool detail;
	bool no_content;
};

/* The site's stand above the others. */
static int open_rules(struct engine *en, struct span base, struct err *e)
{
	struct span records[2] = { base, en->bundle->rules };

	en->rules = rules_open(records, 2, e);
	return en->rules ? 0 : -1;
}

/* All of an update counts, or nothing. */
static bool open_update(struct engine *en)
{
	const struct bundle_settings *s = &en->bundle->settings;
	struct err e;

	if (s->rules.n == 0 || s->model.n == 0)
		return false;
	if (content_open(s->model, "its model", &en->model, &e) == 0 &&
	    open_rules(en, s->rules, &e) == 0)
		return true;
	en->trouble = arena_printf(en->arena, "the update of rules and model "
		"is not used: %s", e.text);
	return false;
}

static int open_shipped(struct engine *en, struct err *e)
{
	struct span record;

	return rules_shipped(en->arena, &record, e) < 0 ||
		open_rules(en, record, e) < 0 ? -1 :
		content_shipped(&en->model, e);
}

/* Feedback of another version is none: it must not stop mail. */
static void open_feedback(struct engine *en)
{
	struct err ignored;

	en->taught = en->bundle->settings.feedback.n > 0 &&
		content_open(en->bundle->settings.feedback, "feedback",
			&en->feedback, &ignored) == 0;
}

struct engine *engine_new(const struct bundle *bundle, struct err *e)
{
	struct engine *en = calloc(1, sizeof(*en));

	if (en == NULL) {
		err_set(e, ERR_TEMPORARY, "no memory for the engine");
		return NULL;
	}
	en->bundle = bundle;
	en->arena = arena_new("shipped rules", RULES_ARENA_MAX);
	open_feedback(en);
	if (open_update(en) || open_shipped(en, e) == 0)
		en->policy = policy_host_new(bundle, e);
	if (en->policy == NULL)
		engine_free(&en);
	return en;
}

void engine_free(struct engine **en)
{
	if (*en == NULL)
		return;
	policy_host_free(&(*en)->policy);
	rules_free(&(*en)->rules);
	arena_free(&(*en)->arena);
	free(*en);
	*en = NULL;
}

const char *engine_trouble(const struct engine *en)
{
	return en->trouble ? en->trouble : "";
}

void engine_count(const struct engine *en, size_t *policies_r,
	size_t *rules_r)
{
	policy_host_count(en->policy, policies_r, rules_r);
}

void engine_set_userdata(struct engine *en, struct span record)
{
	policy_set_userdata(en->policy, record);
}

void engine_set_detail(struct engine *en, bool detail)
{
	en->detail = detail;
}

void engine_set_content(struct engine *en, bool content)
{
	en->no_content = !content;
}

void engine_tell_failures(struct engine *en,
	void (*failed)(void *self, const char *text), void *self)
{
	policy_tell_failures(en->policy, failed, self);
}

void engine_watch_lines(struct engine *en, void (*reached)(void *self,
	const char *file, unsigned line), void *self)
{
	policy_watch_lines(en->policy, reached, self);
}

bool engine_has_rules(const struct engine *en, enum engine_stage stage)
{
	return policy_host_has_rules(en->policy, stage);
}

/* Two seconds, or half of what is left, are for policy. */
static int64_t answers_until(int64_t deadline_ms)
{
	int64_t left = clock_left_ms(deadline_ms);
	int64_t reserve = left / 2 < POLICY_RESERVE_MS ? left / 2 :
		POLICY_RESERVE_MS;

	return deadline_ms - reserve;
}

void engine_stage(struct engine *en, enum engine_stage stage,
	const struct envelope *env, const struct ask *ask,
	int64_t deadline_ms, struct arena *a, struct stage_answer *answer_r)
{
	struct dnslist_set dns = { .ask = ask, .arena = a,
		.deadline_ms = answers_until(deadline_ms),
		.relay_addr = env->relay_addr };

	policy_run_stage(en->policy, stage, env, &dns, deadline_ms, a,
		answer_r);
}

/* At most DISPLAY_MAX bytes, whole characters. */
static struct span shown(struct span utf8)
{
	size_t n = 0, size;

	if (utf8.n <= DISPLAY_MAX)
		return utf8;
	while ((size = utf8_next(span_after(utf8, n), NULL)) &&
	       n + size <= DISPLAY_MAX)
		n += size;
	return span_sub(utf8, 0, n);
}

/* Of the first field, without < >, on one line. */
static struct span message_id(const struct facts *f)
{
	const struct header_field *field = header_find(
		&f->mime.root->header, SPAN("Message-ID"), 1);
	char text[VERDICT_ID_MAX + 1];
	struct span s;

	if (field == NULL)
		return SPAN("");
	s = header_unfold(field->value, f->arena);
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = span_sub(s, 1, s.n - 2);
	utf8_printable(s, text, sizeof(text));
	return arena_span(f->arena, span_of(text));
}

/* Will anybody look for it in the quarantine? */
static bool is_withheld(const struct verdict *v)
{
	for (size_t i = 0; i < v->ngroups; i++) {
		enum action a = v->groups[i].action;

		/* A refusal among others becomes a quarantined copy. */
		if (a == ACTION_QUARANTINE || a == ACTION_DELAY ||
		    a == ACTION_REJECT)
			return true;
	}
	return false;
}

/*
 * Mail that comes in gets our Authentication-Results; whoever else claims to
 * be us is a forger (RFC 8601 section 5). Our own mail is left alone.
 */
static void own_edits(struct facts *f)
{
	const struct header *h = &f->mime.root->header;
	struct span authserv = f->bundle->settings.authserv;
	struct authres results = auth_results(f->auth);
	struct buf value = { .arena = f->arena };
	bool *forged = arena_array(f->arena, h->n, sizeof(*forged));

	if (authserv.n == 0 || f->auth->relay.n == 0)
		return;
	for (size_t i = 0; i < h->n; i++) {
		if (!span_caseeq(h->fields[i].name,
				SPAN("Authentication-Results")) ||
		    !authres_claims(h->fields[i].value, authserv))
			continue;
		forged[i] = true;
		f->ours.forged = forged;
	}
	buf_byte(&value, ' ');
	buf_span(&value, authres_write(authserv, &results, f->arena));
	f->ours.results = buf_bytes(&value);
}

/* index: what recipient i of env is called outside; NULL: i. */
static void judge(struct engine *en, const struct envelope *env,
	struct span raw, const struct ask *ask, int64_t deadline_ms,
	const uint32_t *index, struct arena *a, struct verdict *v)
{
	struct dnslist_set dns = { .ask = ask, .arena = a,
		.deadline_ms = answers_until(deadline_ms),
		.relay_addr = env->relay_addr };
	struct auth_input who = { .env = env, .methods = AUTH_ALL,
		.receiver = en->bundle->settings.authserv };
	struct auth *auth;
	struct list_hit *lists;
	struct buf record = { .arena = a };
	struct facts *f;
	size_t nlists;
	bool withheld;

	*v = (struct verdict){ 0 };
	/* First of all: the answers travel while the message is parsed. */
	policy_ask_dns(en->policy, &dns);
	who.nnetworks = policy_networks(en->policy, &who.networks);
	auth = auth_new(&who, ask, a);
	f = facts_new(env, en->bundle, raw, a);
	f->dns = &dns;
	f->dnstable = policy_dnstable(en->policy);
	f->auth = auth;
	f->model = en->no_content ? NULL : &en->model;
	f->feedback = en->taught ? &en->feedback : NULL;
	auth_message(auth, raw, &f->mime.root->header, f->authors,
		f->nauthors);
	check_run_all(f, en->rules, ask, dns.deadline_ms);
	dnslist_collect(&dns);
	own_edits(f);
	v->message_id = message_id(f);
	policy_run_message(en->policy, f, &dns, deadline_ms, v, &lists,
		&nlists);
	explain_verdict(en->policy, f, &dns, v, en->detail);
	policy_count_rates(en->policy, v);
	/* After the explanation: no rule has read it. */
	if (f->breaks_dkim.n)
		facts_hit(f, "BREAKS_DKIM", 0, f->breaks_dkim);
	for (size_t i = 0; index && i < nlists; i++)
		if (lists[i].rcpt < env->nrcpts)
			lists[i].rcpt = index[lists[i].rcpt];
	for (size_t i = 0; index && i < f->nwhys; i++)
		f->whys[i].rcpt = index[f->whys[i].rcpt];
	v->score = f->score;
	v->probability = f->probability;
	v->subject = shown(f->subject);
	v->header_from = shown(f->from.full);
	signing_prepare(f, v);
	withheld = is_withheld(v);
	/* People look at what is withheld: true types, sizes, links. */
	facts_put(&record, f, lists, nlists, en->detail || withheld);
	v->facts = buf_bytes(&record);
	if (withheld)
		v->words = findable_words(f, v, v->facts);
	v->retire = v->failed || facts_over(f) || f->foreign;
}

void engine_judge(struct engine *en, const struct envelope *env,
	struct span raw, const struct ask *ask, int64_t deadline_ms,
	struct arena *a, struct verdict *verdict_r)
{
	judge(en, env, raw, ask, deadline_ms, NULL, a, verdict_r);
}

const struct group *engine_most_severe(const struct verdict *v)
{
	const struct group *worst = NULL;

	for (size_t i = 0; i < v->ngroups; i++)
		if (worst == NULL || v->groups[i].action < worst->action)
			worst = &v->groups[i];
	return worst;
}

/* --- as the MTA would see it --------------------------------------------- */

struct rehearsal {
	struct engine *en;
	const struct ask *ask;
	int64_t deadline_ms;
	struct arena *a;
	struct verdict *v;
};

/* A group of one recipient, or of all, with an answer before DATA. */
static void add_answer(struct rehearsal *r, const struct stage_answer *s,
	uint32_t rcpt)
{
	struct group *g = &r->v->groups[r->v->ngroups++];

	*g = (struct group){ .action = s->action, .code = s->code,
		.text = s->text, .nrcpts = 1, .ntrace = !s->failed };
	g->reason = s->action == ACTION_REJECT ? s->reason : g->reason;
	g->rcpts = arena_array(r->a, 1, sizeof(*g->rcpts));
	g->rcpts[0] = rcpt;
	g->trace = arena_array(r->a, 1, sizeof(*g->trace));
	g->trace[0] = s->step;
	if (s->failed) {
		r->v->failed = true;
		r->v->failure = s->rule;
	}
}

/* Does a stage before the recipients answer? Then everybody has it. */
static bool session_answers(struct rehearsal *r, const struct envelope *env,
	struct stage_answer *s_r)
{
	static const enum engine_stage stages[] = { STAGE_CONNECT,
		STAGE_MAIL };
	struct envelope early = *env;

	early.nrcpts = 0;
	for (size_t i = 0; i < 2; i++) {
		engine_stage(r->en, stages[i], &early, r->ask,
			r->deadline_ms, r->a, s_r);
		if (s_r->action != ACTION_DELIVER)
			return true;
	}
	return false;
}

/*
 * Asks the rules of the stages; the recipients that go on are in *left_r,
 * their indices in index_r. The others have a group each.
 */
static void rehearse_stages(struct rehearsal *r, const struct envelope *env,
	struct envelope *left_r, uint32_t *index_r)
{
	struct stage_answer session, s;
	bool answered = session_answers(r, env, &session);

	*left_r = *env;
	left_r->rcpts = arena_array(r->a, env->nrcpts, sizeof(*env->rcpts));
	left_r->nrcpts = 0;
	for (uint32_t i = 0; i < env->nrcpts; i++) {
		left_r->rcpts[left_r->nrcpts++] = env->rcpts[i];
		s = session;
		if (!answered)
			engine_stage(r->en, STAGE_RCPT, left_r, r->ask,
				r->deadline_ms, r->a, &s);
		if (s.action == ACTION_DELIVER) {
			index_r[left_r->nrcpts - 1] = i;
			continue;
		}
		left_r->nrcpts--;
		add_answer(r, &s, i);
	}
}

void engine_rehearse(struct engine *en, const struct envelope *env,
	struct span raw, const struct ask *ask, int64_t deadline_ms,
	struct arena *a, struct verdict *verdict_r)
{
	struct verdict early = { 0 };
	struct rehearsal r = { en, ask, deadline_ms, a, &early };
	uint32_t *index = arena_array(a, env->nrcpts, sizeof(*index));
	struct envelope left;
	struct group *all;
	size_t n;

	early.groups = arena_array(a, env->nrcpts, sizeof(*early.groups));
	rehearse_stages(&r, env, &left, index);
	judge(en, &left, raw, ask, deadline_ms, index, a, verdict_r);
	if (early.ngroups == 0)
		return;
	for (size_t i = 0; i < verdict_r->ngroups; i++)
		for (size_t k = 0; k < verdict_r->groups[i].nrcpts; k++)
			verdict_r->groups[i].rcpts[k] =
				index[verdict_r->groups[i].rcpts[k]];
	n = verdict_r->ngroups + early.ngroups;
	all = arena_array(a, n, sizeof(*all));
	for (size_t i = 0; i < n; i++)
		all[i] = i < early.ngroups ? early.groups[i] :
			verdict_r->groups[i - early.ngroups];
	verdict_r->groups = all;
	verdict_r->ngroups = n;
	if (early.failed && !verdict_r->failed) {
		verdict_r->failed = true;
		verdict_r->failure = early.failure;
	}
}
