/*
 * Methods of the plan that say who gets a message, beside whom it is kept and
 * whom it comes from (policy_where.c), and maps (policy_map.c).
 */
#ifndef ENGINE_POLICY_WHERE_H
#define ENGINE_POLICY_WHERE_H

#include "engine/policy_host.h"

#define POLICY_WHERE_METHODS \
	{ "copy", policy_plan_copy, "copy(reason): the original is kept in " \
		"the quarantine, too, under this reason; delivery goes on\n" \
		"if m.spam.probability >= 90 then plan:copy(\"Spam\") end" }, \
	{ "archive", policy_plan_archive, "archive(name): the original is " \
		"kept in var/lib/pm/archive/NAME/ID.eml, too, one file a " \
		"message; a name has letters a-z, digits and dashes\n" \
		"if rcpt.domain == \"ours\" then plan:archive(\"all\") end" }, \
	{ "batv", policy_plan_batv, "batv(): the envelope's sender gets a " \
		"tag (BATV), by which its bounces are known for 7 days; not " \
		"the null sender\n" \
		"if not rcpt.ours then plan:batv() end" }, \
	{ "sender", policy_plan_sender, "sender(address): the envelope's " \
		"sender becomes this one, \"\": the null sender\n" \
		"plan:sender(\"bounces@example.org\")" }, \
	{ "add_recipient", policy_plan_add, "add_recipient(address, ...): " \
		"they get the recipient's copy, too; the header stays\n" \
		"plan:add_recipient(\"deputy@example.org\")" }, \
	{ "remove_recipient", policy_plan_remove, "remove_recipient(): " \
		"nothing goes to this recipient; the rules go on\n" \
		"plan:remove_recipient()" }, \
	{ "map_recipient", policy_plan_map, "map_recipient(map): the " \
		"recipient's copy goes to the addresses that the map has " \
		"for him, with blanks or commas between; one like " \
		"@example.org keeps his local part. Without an entry " \
		"nothing changes\n" \
		"plan:map_recipient(\"moved-users\")" }

#define POLICY_MAP_FUNCTIONS \
	{ "map", policy_call_map, "map(name, key): what a map has for an " \
		"address, a domain or a host: text, or nil. A map is a list " \
		"whose first line is #pm type=map, then KEY VALUE in each " \
		"line\n" \
		"local office = map(\"offices\", rcpt.address)" }

void policy_plan_copy(struct script_call *c);
void policy_plan_archive(struct script_call *c);
void policy_plan_batv(struct script_call *c);
void policy_plan_sender(struct script_call *c);
void policy_plan_add(struct script_call *c);
void policy_plan_remove(struct script_call *c);
void policy_plan_map(struct script_call *c);
void policy_call_map(struct script_call *c);

/* Keeps the original for a reason, argument i; false: c->error. */
bool policy_add_copy(struct script_call *c, size_t i, struct span reason);
/* Makes targets the places of the recipient's copy instead of himself. */
bool policy_plan_replace(struct script_call *c, const struct span *to,
	size_t n);

/*
 * What the map has for a key; empty: nothing. False and c->error: there is no
 * such map.
 */
bool policy_map(struct policy_host *h, struct script_call *c, struct span map,
	struct span key, uint32_t rcpt, struct span *value_r);

#endif
