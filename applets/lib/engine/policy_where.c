/*
 * The plan in a rule's hands: where a message goes beside or instead of its
 * recipient, and whom it comes from. What it holds is policy_plan.c's.
 */
#include "engine/policy_where.h"

enum { ARCHIVE_NAME_MAX = 40 };

static struct plan *plan_of(const struct script_call *c)
{
	return &((struct policy_host *)c->context)->run.plan;
}

static bool refuse(struct script_call *c, const char *what, int most)
{
	err_set(&c->error, ERR_PERMANENT, "more than %d %s of one message",
		most, what);
	return false;
}

/* Adds a text to a set of at most PLAN_COPIES_MAX. */
static bool add_once(struct script_call *c, struct span *v, size_t *n,
	struct span s, const char *what)
{
	struct policy_host *h = c->context;

	for (size_t i = 0; i < *n; i++)
		if (span_eq(v[i], s))
			return true;
	if (*n == PLAN_COPIES_MAX)
		return refuse(c, what, PLAN_COPIES_MAX);
	v[(*n)++] = arena_span(h->scratch, s);
	return true;
}

bool policy_add_copy(struct script_call *c, size_t i, struct span reason)
{
	struct plan *p = plan_of(c);

	return policy_arg_printable(c, i, "a reason", POLICY_REASON_MAX,
			reason) &&
	       add_once(c, p->copies, &p->ncopies, reason, "copies");
}

void policy_plan_copy(struct script_call *c)
{
	static const char usage[] = "plan:copy(\"REASON\")";
	struct span reason;

	if (policy_arg_count(c, 1, 1, usage) &&
	    policy_arg_text(c, 0, usage, &reason) &&
	    policy_add_copy(c, 0, reason))
		policy_say(c->context, c, "copy", reason);
}

static bool is_archive(struct script_call *c, struct span s)
{
	bool good = s.n > 0 && s.n <= ARCHIVE_NAME_MAX && s.p[0] != '-';

	for (size_t i = 0; i < s.n; i++)
		good = good && ((s.p[i] >= 'a' && s.p[i] <= 'z') ||
			(s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-');
	if (!good)
		err_set(&c->error, ERR_PERMANENT, "argument 1 is no name of "
			"an archive: letters a-z, digits and dashes, at most "
			"%d", ARCHIVE_NAME_MAX);
	return good;
}

void policy_plan_archive(struct script_call *c)
{
	static const char usage[] = "plan:archive(\"NAME\")";
	struct plan *p = plan_of(c);
	struct span name;

	if (policy_arg_count(c, 1, 1, usage) &&
	    policy_arg_text(c, 0, usage, &name) && is_archive(c, name) &&
	    add_once(c, p->archives, &p->narchives, name, "archives"))
		policy_say(c->context, c, "archive", name);
}

void policy_plan_sender(struct script_call *c)
{
	static const char usage[] = "plan:sender(\"USER@DOMAIN\")";
	struct policy_host *h = c->context;
	struct plan *p = plan_of(c);
	struct span address;

	if (!policy_arg_count(c, 1, 1, usage) ||
	    !policy_arg_text(c, 0, usage, &address) ||
	    (address.n && !policy_arg_address(c, 0, usage, &address)))
		return;
	p->new_sender = true;
	p->mail_from = arena_span(h->scratch, address);
	policy_say(h, c, "sender", address.n ? address : SPAN("<>"));
}

void policy_plan_batv(struct script_call *c)
{
	struct policy_host *h = c->context;
	struct plan *p = plan_of(c);

	if (!policy_arg_count(c, 0, 0, "plan:batv()"))
		return;
	p->batv = true;
	policy_say(h, c, "batv", SPAN(""));
}

/* From now on his copy goes to p->to, which holds himself at first. */
static void begin_elsewhere(struct policy_host *h, struct plan *p)
{
	if (p->elsewhere)
		return;
	p->elsewhere = true;
	p->to = arena_array(h->scratch, POLICY_TARGETS_MAX, sizeof(*p->to));
	p->to[p->nto++] = h->run.env->rcpts[h->run.rcpt];
}

static bool add_target(struct script_call *c, struct plan *p, struct span to)
{
	struct policy_host *h = c->context;

	for (size_t i = 0; i < p->nto; i++)
		if (span_caseeq(p->to[i], to))
			return true;
	if (p->nto == POLICY_TARGETS_MAX)
		return refuse(c, "recipients for one", POLICY_TARGETS_MAX);
	p->to[p->nto++] = arena_span(h->scratch, to);
	return true;
}

void policy_plan_add(struct script_call *c)
{
	static const char usage[] = "plan:add_recipient(\"USER@DOMAIN\", ...)";
	struct policy_host *h = c->context;
	struct plan *p = plan_of(c);
	struct span address;

	if (!policy_arg_count(c, 1, POLICY_REDIRECTS_MAX, usage))
		return;
	for (size_t i = 0; i < c->nargs; i++)
		if (!policy_arg_address(c, i, usage, &address))
			return;
	begin_elsewhere(h, p);
	for (size_t i = 0; i < c->nargs; i++)
		if (!add_target(c, p, c->args[i].text))
			return;
	policy_say(h, c, "add_recipient", c->args[0].text);
}

bool policy_plan_replace(struct script_call *c, const struct span *to,
	size_t n)
{
	struct policy_host *h = c->context;
	struct plan *p = plan_of(c);

	begin_elsewhere(h, p);
	/* Others that a rule added stay; he himself goes. */
	for (size_t i = 0; i < p->nto; i++)
		if (span_eq(p->to[i], h->run.env->rcpts[h->run.rcpt]))
			p->to[i--] = p->to[--p->nto];
	for (size_t i = 0; i < n; i++)
		if (!add_target(c, p, to[i]))
			return false;
	return true;
}

void policy_plan_remove(struct script_call *c)
{
	if (policy_arg_count(c, 0, 0, "plan:remove_recipient()") &&
	    policy_plan_replace(c, NULL, 0))
		policy_say(c->context, c, "remove_recipient", SPAN(""));
}
