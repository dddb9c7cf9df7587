/*
 * The functions that a policy file sees: policy() while it is loaded, the
 * ending actions while a rule runs.
 */
#include "engine/policy_view.h"
#include "engine/policy_dns.h"

#include <stdio.h>

#include "base/args.h"
#include "engine/list.h"
#include "engine/policy_refuse.h"
#include "engine/policy_where.h"

const struct script_class policy_ending_class = { .name = "action" };

/* Starts an ending action; NULL outside of a rule. */
static struct plan *begin(struct script_call *c, enum action action)
{
	struct policy_host *h = c->context;
	struct plan *p;

	if (h->loading) {
		err_set(&c->error, ERR_PERMANENT, "%s is for rules: it can "
			"not be called while the file is loaded",
			action_name(action));
		return NULL;
	}
	p = arena_alloc(h->scratch, sizeof(*p));
	p->action = action;
	return p;
}

/* The result that the rule shall return. */
static void finish(struct script_call *c, struct plan *p, struct span what)
{
	struct policy_host *h = c->context;

	h->run.made = p;
	snprintf(h->run.made_where, sizeof(h->run.made_where), "%s",
		script_call_where(c));
	policy_say(h, c, action_name(p->action), what);
	c->result = policy_object(&policy_ending_class, p);
}

static struct span keep(struct script_call *c, struct span s)
{
	struct policy_host *h = c->context;

	return arena_span(h->scratch, s);
}

static void call_deliver(struct script_call *c)
{
	struct plan *p = begin(c, ACTION_DELIVER);

	if (p && policy_arg_count(c, 0, 0, "deliver()"))
		finish(c, p, SPAN(""));
}

static void call_discard(struct script_call *c)
{
	struct plan *p = begin(c, ACTION_DISCARD);

	if (p && policy_arg_count(c, 0, 0, "discard()"))
		finish(c, p, SPAN(""));
}

/* { notify = "recipient" }: anything else in it is a mistake. */
static bool read_options(struct script_call *c, struct plan *p)
{
	static const char known[] = "notify";
	struct policy_host *h = c->context;
	const struct script_value *t = &c->args[1];
	struct script_value notify;
	struct span key;

	if (t->type != SCRIPT_TABLE) {
		err_set(&c->error, ERR_PERMANENT, "argument 2 is a %s, not a "
			"table: write { notify = \"TEMPLATE\" }",
			script_type_name(t->type));
		return false;
	}
	for (size_t i = 0; (key = script_table_key(c->script, t, i,
			h->scratch)).n; i++) {
		if (span_is(key, known))
			continue;
		err_set(&c->error, ERR_PERMANENT, "unknown option \"%.*s\": "
			"the only one is \"notify\"",
			SPAN_FMT(span_sub(key, 0, POLICY_NAME_MAX)));
		return false;
	}
	notify = script_table_get(c->script, t, known);
	if (notify.type == SCRIPT_NIL)
		return true;
	if (notify.type != SCRIPT_TEXT) {
		err_set(&c->error, ERR_PERMANENT, "notify is the name of a "
			"template, a text");
		return false;
	}
	p->notify = keep(c, notify.text);
	return policy_arg_printable(c, 1, "notify", POLICY_REASON_MAX,
		p->notify) && policy_notice_ending(c, p);
}

static void call_quarantine(struct script_call *c)
{
	static const char usage[] = "quarantine(\"REASON\")";
	struct plan *p = begin(c, ACTION_QUARANTINE);
	struct span reason;

	if (p == NULL || !policy_arg_count(c, 1, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &reason) ||
	    !policy_arg_printable(c, 0, "a reason", POLICY_REASON_MAX, reason))
		return;
	p->reason = keep(c, reason);
	if (c->nargs == 2 && c->args[1].type != SCRIPT_NIL &&
	    !read_options(c, p))
		return;
	finish(c, p, p->reason);
}

/* "5.7.1": RFC 3463, of the class for good. */
static bool is_code(struct span s)
{
	struct span part;
	uint64_t number;
	size_t n = 0;

	if (s.n < 5 || s.p[0] != '5' || s.p[1] != '.' || s.p[s.n - 1] == '.')
		return false;
	for (; span_cut(&s, '.', &part); n++)
		if (part.n > 3 || !span_u64(part, 999, &number))
			return false;
	return n == 3;
}

static void call_reject(struct script_call *c)
{
	static const char usage[] = "reject(\"5.1.1\", \"TEXT\")";
	struct plan *p = begin(c, ACTION_REJECT);
	struct span code, text, reason = SPAN("Rejected");

	if (p == NULL || !policy_arg_count(c, 2, 3, usage) ||
	    !policy_arg_text(c, 0, usage, &code) ||
	    !policy_arg_text(c, 1, usage, &text) ||
	    !policy_arg_printable(c, 1, "the text", VERDICT_TEXT_MAX, text))
		return;
	if (c->nargs == 3 && (!policy_arg_text(c, 2, usage, &reason) ||
	    !policy_arg_printable(c, 2, "a reason", POLICY_REASON_MAX,
			reason)))
		return;
	if (!is_code(code)) {
		err_set(&c->error, ERR_PERMANENT, "argument 1: the code is an "
			"enhanced status code like \"5.7.1\"");
		return;
	}
	p->reason = keep(c, reason);
	p->code = keep(c, code);
	p->text = keep(c, text);
	finish(c, p, p->text);
}

static void call_tempfail(struct script_call *c)
{
	static const char usage[] = "tempfail(\"TEXT\")";
	struct plan *p = begin(c, ACTION_TEMPFAIL);
	struct span text;

	if (p == NULL || !policy_arg_count(c, 1, 1, usage) ||
	    !policy_arg_text(c, 0, usage, &text) ||
	    !policy_arg_printable(c, 0, "the text", VERDICT_TEXT_MAX, text))
		return;
	p->code = SPAN("4.7.1");
	p->text = keep(c, text);
	finish(c, p, p->text);
}

static void call_delay(struct script_call *c)
{
	err_set(&c->error, ERR_PERMANENT, "%s", policy_no_delay);
}

static void call_redirect(struct script_call *c)
{
	static const char usage[] = "redirect(\"USER@DOMAIN\", ...)";
	struct plan *p = begin(c, ACTION_REDIRECT);
	struct span address;

	if (p == NULL ||
	    !policy_arg_count(c, 1, POLICY_REDIRECTS_MAX, usage))
		return;
	for (size_t i = 0; i < c->nargs; i++) {
		if (!policy_arg_address(c, i, usage, &address))
			return;
		p->redirect[p->nredirect++] = keep(c, address);
	}
	finish(c, p, p->redirect[0]);
}

/* --- loading ------------------------------------------------------------- */

static void add_rule(struct script_call *c, int stage)
{
	static const char usage[] = "policy:rule(\"NAME\", function)";
	struct policy *p = c->self;
	struct policy_host *h = p->host;
	struct rule *r = &p->rules[p->nrules];
	struct span name;
	char where[64];

	if (!policy_arg_count(c, 2, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &name) ||
	    !policy_arg_printable(c, 0, "a name", POLICY_NAME_MAX, name))
		return;
	if (!h->loading || c->args[1].type != SCRIPT_FUNCTION) {
		err_set(&c->error, ERR_PERMANENT, h->loading ?
			"argument 2 is no function: write "
			"policy:rule(\"NAME\", function)" :
			"rules are made while the file is loaded");
		return;
	}
	for (size_t i = 0; i < p->nrules; i++)
		if (span_eq(p->rules[i].name, name)) {
			err_set(&c->error, ERR_PERMANENT, "this policy has a "
				"rule \"%.*s\" already", SPAN_FMT(name));
			return;
		}
	if (h->nrules == POLICY_RULES_MAX) {
		err_set(&c->error, ERR_PERMANENT, "more than %d rules",
			POLICY_RULES_MAX);
		return;
	}
	r->name = arena_span(h->arena, name);
	r->ref = script_ref(c, 1);
	r->stage = stage;
	script_where(c->script, r->ref, where, sizeof(where));
	r->where = arena_span(h->arena, span_of(where));
	p->nrules++;
	h->nrules++;
	h->stages[stage]++;
}

static void call_rule(struct script_call *c)
{
	add_rule(c, STAGE_CONTENT);
}

static void call_at_connect(struct script_call *c)
{
	add_rule(c, STAGE_CONNECT);
}

static void call_at_mail(struct script_call *c)
{
	add_rule(c, STAGE_MAIL);
}

static void call_at_rcpt(struct script_call *c)
{
	add_rule(c, STAGE_RCPT);
}

const struct script_class policy_class = {
	.name = "policy",
	.methods = (const struct script_method[]){
		{ "rule", call_rule, "rule(name, function(m, rcpt, plan)): "
			"asked about the message for each recipient; returns "
			"an ending action, or nothing to let the next rule "
			"be asked\n"
			"p:rule(\"spam\", function(m, rcpt, plan)\n"
			"\tif m.spam.probability >= 90 then\n"
			"\t\treturn quarantine(\"Spam\")\n"
			"\tend\n"
			"end)" },
		{ "at_connect", call_at_connect, "at_connect(name, "
			"function(s)): asked when a host connects; returns "
			"reject, tempfail, discard, deliver or nothing\n"
			"p:at_connect(\"blocked\", function(s)\n"
			"\tif s:listed(\"blocked-relays\") then\n"
			"\t\treturn reject(\"5.7.1\", \"blocked\")\n"
			"\tend\n"
			"end)" },
		{ "at_mail", call_at_mail, "at_mail(name, function(s)): asked "
			"when the envelope sender is known" },
		{ "at_rcpt", call_at_rcpt, "at_rcpt(name, function(s, rcpt)): "
			"asked about each recipient before the content; what "
			"it refuses concerns this one alone\n"
			"p:at_rcpt(\"known\", function(s, rcpt)\n"
			"\tif not rcpt:listed(\"valid-recipients\") then\n"
			"\t\treturn reject(\"5.1.1\", \"no such user\")\n"
			"\tend\n"
			"end)" },
		{ 0 },
	},
};

/* { on_error = "skip" }, or "tempfail", which is the default. */
static bool read_on_error(struct script_call *c, bool *skip_r)
{
	const struct policy_host *h = c->context;
	const struct script_value *t = &c->args[2];
	struct script_value v = { .type = SCRIPT_NIL };

	if (t->type == SCRIPT_TABLE)
		v = script_table_get(c->script, t, "on_error");
	*skip_r = v.type == SCRIPT_TEXT && span_is(v.text, "skip");
	if (v.type == SCRIPT_TEXT && (*skip_r || span_is(v.text, "tempfail")) &&
	    script_table_key(c->script, t, 1, h->scratch).n == 0)
		return true;
	err_set(&c->error, ERR_PERMANENT, "argument 3 says what a rule that "
		"fails means: write { on_error = \"skip\" } or { on_error = "
		"\"tempfail\" }");
	return false;
}

static void call_policy(struct script_call *c)
{
	static const char usage[] = "policy(\"NAME\", function(s))";
	bool skip = false;
	struct policy_host *h = c->context;
	struct policy *p;
	struct span name;

	if (!policy_arg_count(c, 1, 3, usage) ||
	    !policy_arg_text(c, 0, usage, &name) ||
	    !policy_arg_printable(c, 0, "a name", POLICY_NAME_MAX, name))
		return;
	if (!h->loading || (c->nargs >= 2 &&
			    c->args[1].type != SCRIPT_FUNCTION)) {
		err_set(&c->error, ERR_PERMANENT, h->loading ?
			"argument 2 is no function: write "
			"policy(\"NAME\", function(s))" :
			"policies are made while the file is loaded");
		return;
	}
	if (c->nargs == 3 && !read_on_error(c, &skip))
		return;
	if (h->npolicies == POLICIES_MAX) {
		err_set(&c->error, ERR_PERMANENT, "more than %d policies",
			POLICIES_MAX);
		return;
	}
	p = arena_alloc(h->arena, sizeof(*p));
	p->host = h;
	p->name = arena_span(h->arena, name);
	p->where = arena_span(h->arena, span_of(script_call_where(c)));
	p->guard = c->nargs >= 2 ? script_ref(c, 1) : -1;
	p->skip = skip;
	p->rules = arena_array(h->arena, POLICY_RULES_MAX, sizeof(*p->rules));
	*h->last = p;
	h->last = &p->next;
	h->npolicies++;
	c->result = policy_object(&policy_class, p);
}

static void call_list_empty(struct script_call *c)
{
	struct policy_host *h = c->context;
	const struct bundle_list *list;
	bool yes;

	/* Looking up nothing tells of a wrong name in the same words. */
	if (!policy_listed(h, c, SPAN("@"), UINT32_MAX, &yes))
		return;
	list = bundle_find_list(h->bundle, c->args[0].text);
	c->result = policy_bool(list_count(list->image) == 0);
}

const struct script_function policy_functions[] = {
	{ "policy", call_policy, "policy(name, guard, { on_error = \"skip\" "
		"}): makes a list of rules; the guard, function(s), says "
		"whether they are asked about a message (without one they "
		"are). Where a rule or the guard fails all recipients try "
		"again later, or with on_error = \"skip\" the next rule is "
		"asked, the next policy's for the guard: policy\n"
		"local p = policy(\"inbound\", function(s)\n"
		"\treturn s.relay.external\n"
		"end)" },
	{ "expand", policy_expand, "expand(text): with the variables of "
		"templates filled in, for headers and banners: text\n"
		"plan:add_header(\"X-Relay\", expand(\"%%SENDER_IP%%\"))" },
	{ "list_empty", call_list_empty,
		"list_empty(list): has it no entry? boolean\n"
		"if list_empty(\"valid-recipients\") then return end" },
	{ "blocking_lists", policy_blocking_lists, "blocking_lists(): are DNS "
		"lists in use that may refuse relays? boolean\n"
		"if not blocking_lists() then return end" },
	{ "dns_lists", policy_declare_zones, "dns_lists(zone, ...): DNS lists "
		"that are asked for every message, all at once, while it is "
		"parsed; at the top of a file\n"
		"dns_lists(\"list.example.org\")" },
	POLICY_VIEW_FUNCTIONS,
	POLICY_MAP_FUNCTIONS,
	{ "deliver", call_deliver, "deliver(): the recipient gets it, no "
		"further rule is asked: ending action\n"
		"if rcpt:listed(\"anti-spam-optouts\") then return deliver() "
		"end" },
	{ "quarantine", call_quarantine, "quarantine(reason, { notify = "
		"template }): kept for a human; reasons are \"Spam\", "
		"\"Virus\", \"Suspect\" … or the site's own; the recipient "
		"is told by that template, with \"recipient\" (or "
		"\"sender\", \"postmaster\") he by the shipped one: ending "
		"action\n"
		"if m.virus.found then return quarantine(\"Virus\") end" },
	{ "reject", call_reject, "reject(code, text, reason): refused for "
		"good, the sender is told; code is \"5.x.x\" (RFC 3463); the "
		"reason is for the message log, without one \"Rejected\". "
		"Beside recipients who get it the copy is quarantined as "
		"\"Rejected\": ending action\n"
		"if m.size > 50000000 then return reject(\"5.3.4\", "
		"\"too large\") end" },
	{ "tempfail", call_tempfail, "tempfail(text): the sender is to try "
		"again later (451), for all recipients: ending action\n"
		"if m.virus.later then return tempfail(\"scanner busy\") "
		"end" },
	{ "discard", call_discard, "discard(): accepted and dropped, nobody "
		"is told: ending action" },
	{ "delay", call_delay, "delay(minutes): not in this version: needs "
		"the delay queue" },
	{ "redirect", call_redirect, "redirect(address, ...): these get it "
		"instead of the recipient: ending action\n"
		"if m:has_header(\"X-Test\") then return redirect("
		"\"test@example.org\") end" },
	{ 0 },
};
