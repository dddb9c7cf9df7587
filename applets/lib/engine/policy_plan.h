/*
 * What the files of the plan share: policy_plan.c (steps of the header),
 * policy_where.c (who gets it), policy_body.c (the body), policy_edit.c (all
 * of it as edits). Private to engine.
 */
#ifndef ENGINE_POLICY_PLAN_H
#define ENGINE_POLICY_PLAN_H

#include "engine/policy_host.h"

/* policy_where.c: methods of the plan that say who gets it. */
#define POLICY_WHERE_METHODS \
	{ "copy", policy_plan_copy, "copy(reason): the original is kept in " \
		"the quarantine, too; delivery goes on" }, \
	{ "archive", policy_plan_archive, "archive(name): the original is " \
		"kept in archive/NAME, too: letters a-z, digits, dashes" }, \
	{ "sender", policy_plan_sender, "sender(address): the envelope's " \
		"sender becomes this one, \"\": the null sender" }, \
	{ "add_recipient", policy_plan_add, "add_recipient(address, ...): " \
		"they get the recipient's copy, too" }, \
	{ "remove_recipient", policy_plan_remove, "remove_recipient(): " \
		"nothing goes to this recipient; the rules go on" }

void policy_plan_copy(struct script_call *c);
void policy_plan_archive(struct script_call *c);
void policy_plan_sender(struct script_call *c);
void policy_plan_add(struct script_call *c);
void policy_plan_remove(struct script_call *c);
/* Makes targets the places of the recipient's copy instead of himself. */
bool policy_plan_replace(struct script_call *c, const struct span *to,
	size_t n);

/* What a plan makes of the body (policy_body.c). */
struct policy_body {
	struct edit_splice *splices;	/* behind the header, ascending */
	size_t nsplices;
	struct rewrite_field *fields;	/* to replace in the header */
	size_t nfields;
};

void policy_plan_banner(struct script_call *c);
void policy_body(const struct plan *p, const struct facts *f,
	struct arena *a, struct policy_body *body_r);

/*
 * Our own edits, whatever the policy is, and then a plan's steps as edits of
 * header and body, and the same as splices.
 */
bool policy_edit(const struct plan *p, const struct facts *f,
	struct arena *a, struct group *g);

#endif
