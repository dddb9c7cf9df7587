/*
 * What the files of the plan share: policy_plan.c (steps of the header),
 * policy_where.c (who gets it), policy_body.c (the body), policy_edit.c (all
 * of it as edits). Private to engine.
 */
#ifndef ENGINE_POLICY_PLAN_H
#define ENGINE_POLICY_PLAN_H

#include "engine/policy_host.h"

/* What a plan makes of the body (policy_body.c). */
struct policy_body {
	struct edit_splice *splices;	/* behind the header, ascending */
	size_t nsplices;
	struct rewrite_field *fields;	/* to replace in the header */
	size_t nfields;
};

void policy_plan_banner(struct script_call *c);
void policy_plan_drop(struct script_call *c);
/* The rule at hand changes the body. */
void policy_body_changes(struct policy_host *h);
void policy_body(const struct plan *p, const struct facts *f,
	struct arena *a, struct policy_body *body_r);

/*
 * Our own edits, whatever the policy is, and then a plan's steps as edits of
 * header and body, and the same as splices.
 */
bool policy_edit(const struct plan *p, const struct facts *f,
	struct arena *a, struct group *g);
/*
 * After that: signatures that were good and that a group's edits break are
 * told of by the rules that did it, the first one's domain in the facts.
 */
void policy_note_breaks(const struct plan *p, struct facts *f,
	struct group *g);

#endif
