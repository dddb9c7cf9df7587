/*
 * Looking up in lists, for the policy_*.c files. Private to them.
 */
#ifndef ENGINE_POLICY_LIST_H
#define ENGINE_POLICY_LIST_H

#include "engine/policy_host.h"

/*
 * Compiles the regular expressions of all lists. An error names list and
 * line.
 */
int policy_index_patterns(struct policy_host *h, struct err *e);

/*
 * Is the subject on that list? hit->rcpt is set: a recipient, whose own part
 * of the list is looked at first, or UINT32_MAX. Fills in which list it was
 * and the entry; both live as long as the message.
 */
bool policy_look(struct policy_host *h, const struct bundle_list *list,
	struct span subject, struct list_hit *hit);

/* rcpt:member(group) */
void policy_rcpt_member(struct script_call *c);

#endif
