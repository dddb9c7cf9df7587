/*
 * What a rule may read of the recipient it is asked about.
 */
#include "engine/policy_view.h"

#include "engine/policy_list.h"

#define VIEW(name) static struct script_value name(void *self)
#define HOST ((struct policy_host *)self)
#define RUN (&((struct policy_host *)self)->run)

VIEW(rcpt_address) { return policy_text(RUN->env->rcpts[RUN->rcpt]); }
VIEW(rcpt_domain) { return policy_text(RUN->address.domain); }
VIEW(rcpt_local) { return policy_text(RUN->address.local); }

VIEW(rcpt_ours)
{
	return policy_bool(policy_is_ours(HOST, RUN->address.domain));
}

VIEW(rcpt_direction)
{
	if (!policy_is_outgoing(HOST))
		return policy_text(SPAN("inbound"));
	return policy_text(policy_is_ours(HOST, RUN->address.domain) ?
		SPAN("internal") : SPAN("outbound"));
}

VIEW(rcpt_batv)
{
	const struct envelope *e = RUN->env;

	return policy_text(span_of(batv_word(e->tags ?
		(enum batv_result)e->tags[RUN->rcpt] : BATV_NONE)));
}

static void rcpt_listed(struct script_call *c)
{
	struct policy_host *h = c->context;
	bool yes;

	if (policy_listed(h, c, h->run.env->rcpts[h->run.rcpt], h->run.rcpt,
			&yes))
		c->result = policy_bool(yes);
}

const struct script_class policy_rcpt_class = {
	.name = "rcpt",
	.fields = (const struct script_field[]){
		{ "address", rcpt_address,
			"local part@domain, as in the envelope, without "
			"a good tag of ours (BATV): text" },
		{ "batv", rcpt_batv, "the tag that the address had (BATV): "
			"\"good\" (taken off), \"expired\", \"bad\" or "
			"\"none\": text\n"
			"if m.bounce and rcpt.batv ~= \"good\" then "
			"return reject(\"5.7.1\", \"we did not send that\") "
			"end" },
		{ "domain", rcpt_domain, "what is behind the @: text" },
		{ "local_part", rcpt_local, "what is before the @: text" },
		{ "ours", rcpt_ours,
			"is the domain one of the wiring: boolean\n"
			"if not rcpt.ours then return end" },
		{ "direction", rcpt_direction, "\"inbound\"; or, from us, "
			"\"internal\" or \"outbound\": text\n"
			"if rcpt.direction == \"outbound\" then "
			"plan:mark(\"out\", rcpt.domain) end" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		{ "listed", rcpt_listed,
			"listed(list): is the address on it, or on the "
			"recipient's own part of it? boolean\n"
			"if rcpt:listed(\"anti-spam-optouts\") then "
			"return deliver() end" },
		{ "member", policy_rcpt_member,
			"member(group): is the address one of the list "
			"group-NAME, or of that group in the user data? "
			"boolean\n"
			"if rcpt:member(\"sales\") then "
			"plan:mark(\"group\", \"sales\") end" },
		{ 0 },
	},
};
