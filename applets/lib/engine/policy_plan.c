/*
 * The plan in a rule's hands: what shall be done to the recipient's copy.
 */
#include "engine/policy_plan.h"
#include "engine/policy_where.h"

static const char plan_full[] = "more than 64 changes of one message";

/* Adds a step; name and value are copied. */
static void add_step(struct script_call *c, enum plan_kind kind,
	const char *verb, struct span name, struct span value)
{
	struct policy_host *h = c->context;
	struct plan *p = &h->run.plan;

	if (p->nsteps == PLAN_STEPS_MAX) {
		err_set(&c->error, ERR_PERMANENT, "%s", plan_full);
		return;
	}
	p->steps[p->nsteps++] = (struct plan_step){ kind,
		(uint32_t)h->run.ntrace, arena_span(h->scratch, name),
		arena_span(h->scratch, value) };
	policy_say(h, c, verb, name.n ? name : value);
}

static bool is_name(struct script_call *c, struct span s)
{
	bool good = s.n > 0 && s.n <= POLICY_NAME_MAX;

	for (size_t i = 0; i < s.n; i++)
		good = good && s.p[i] > ' ' && s.p[i] < 0x7f && s.p[i] != ':';
	if (!good)
		err_set(&c->error, ERR_PERMANENT, "argument 1 is no header "
			"name: letters, digits and dashes, no colon");
	return good;
}

static bool is_value(struct script_call *c, size_t i, struct span s,
	size_t max)
{
	if (s.n <= max)
		return true;
	err_set(&c->error, ERR_PERMANENT, "argument %zu is longer than %zu "
		"bytes", i + 1, max);
	return false;
}

static void call_prefix_subject(struct script_call *c)
{
	static const char usage[] = "plan:prefix_subject(\"TEXT\")";
	struct span text;

	if (policy_arg_count(c, 1, 1, usage) &&
	    policy_arg_text(c, 0, usage, &text) &&
	    is_value(c, 0, text, POLICY_PREFIX_MAX))
		add_step(c, PLAN_PREFIX_SUBJECT, "prefix_subject", SPAN(""),
			text);
}

static void set_header(struct script_call *c, enum plan_kind kind,
	const char *verb, const char *usage)
{
	struct span name, value;

	if (policy_arg_count(c, 2, 2, usage) &&
	    policy_arg_text(c, 0, usage, &name) && is_name(c, name) &&
	    policy_arg_text(c, 1, usage, &value) &&
	    is_value(c, 1, value, POLICY_VALUE_MAX))
		add_step(c, kind, verb, name, value);
}

static void call_add_header(struct script_call *c)
{
	set_header(c, PLAN_ADD_HEADER, "add_header",
		"plan:add_header(\"NAME\", \"VALUE\")");
}

static void call_replace_header(struct script_call *c)
{
	set_header(c, PLAN_REPLACE_HEADER, "replace_header",
		"plan:replace_header(\"NAME\", \"VALUE\")");
}

static void call_remove_header(struct script_call *c)
{
	static const char usage[] = "plan:remove_header(\"NAME\")";
	struct span name;

	if (policy_arg_count(c, 1, 1, usage) &&
	    policy_arg_text(c, 0, usage, &name) && is_name(c, name))
		add_step(c, PLAN_REMOVE_HEADER, "remove_header", name,
			SPAN(""));
}

/* A mark changes nothing in the message: it is in the trace. */
static void call_mark(struct script_call *c)
{
	static const char usage[] = "plan:mark(\"KEY\", \"VALUE\")";
	struct policy_host *h = c->context;
	struct span key, value;
	struct buf both = { .arena = h->scratch };

	if (!policy_arg_count(c, 2, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &key) ||
	    !policy_arg_text(c, 1, usage, &value) ||
	    !policy_arg_printable(c, 0, "a key", POLICY_REASON_MAX, key) ||
	    !is_value(c, 1, value, POLICY_VALUE_MAX))
		return;
	buf_span(&both, key);
	buf_byte(&both, '=');
	buf_span(&both, value);
	policy_say(h, c, "mark", buf_bytes(&both));
}

const struct script_class policy_plan_class = {
	.name = "plan",
	.methods = (const struct script_method[]){
		{ "prefix_subject", call_prefix_subject,
			"prefix_subject(text): put before the subject, with a "
			"blank between\n"
			"plan:prefix_subject(\"[SPAM]\")" },
		{ "add_header", call_add_header, "add_header(name, value): a "
			"field at the end of the header; text beyond ASCII is "
			"encoded\n"
			"plan:add_header(\"X-Spam-Level\", m.spam.gauge)" },
		{ "replace_header", call_replace_header,
			"replace_header(name, value): the only field of that "
			"name then" },
		{ "remove_header", call_remove_header,
			"remove_header(name): all fields of that name" },
		POLICY_WHERE_METHODS,
		{ "banner", policy_plan_banner, "banner(table): text put to "
			"what a reader sees, in its charset, and as html to "
			"pages (left out: made from the text); place \"top\" "
			"or \"bottom\"; signed, encrypted and ambiguous mail "
			"stays as it is, the trace says so\n"
			"plan:banner{ text = \"[External mail]\" }" },
		POLICY_NOTICE_METHODS,
		{ "drop", policy_plan_drop, "drop(att, { text = T, keep = "
			"REASON }): the attachment gives way to a note, where "
			"%%ATTACHMENT_NAME%% is its name; the original is "
			"kept for that reason, \"Attachment\", unless keep "
			"is false; never of signed or encrypted mail: false "
			"then: boolean\n"
			"if att.true_type == \"exe\" then plan:drop(att) "
			"end" },
		{ "mark", call_mark, "mark(key, value): noted in the trace, "
			"the log and the reports\n"
			"plan:mark(\"size\", tostring(m.size))" },
		{ 0 },
	},
};
