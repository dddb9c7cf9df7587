/*
 * Rules in force: private to rules_open.c and rules_run.c.
 */
#ifndef ENGINE_RULES_RUN_H
#define ENGINE_RULES_RUN_H

#include "engine/rules.h"

/* One record, opened. */
struct rule_set {
	struct ruleset rules;
	struct patterns *patterns[RULE_IN_N];	/* NULL: none */
	uint32_t *owner[RULE_IN_N];	/* of a pattern: index into live */
};

struct live_rule {
	const struct rule *rule;
	uint32_t group;
	const struct rule_set *set;	/* whose patterns count for it */
	uint32_t first;			/* its first pattern in the set */
	uint32_t *needs;		/* of a meta rule: indices below its */
};

struct rules {
	struct arena *arena;
	struct live_rule *live;
	size_t n;
	uint32_t *by_name;		/* live, sorted */
	struct rule_group *groups;
	size_t ngroups;
	struct rule_brand *brands;	/* of all records */
	size_t nbrands;
	struct rule_set *sets;
	size_t nsets;
};

/* Index into live; UINT32_MAX: there is none. */
uint32_t rules_find(const struct rules *r, struct span name);

#endif
