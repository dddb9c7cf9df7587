/*
 * What the hits of a message mean, for administrators: the `about` of rules
 * and DNS lists as they are in force here now; a message that was judged
 * before may have met others. The root is entered.
 */
#ifndef TOOL_ABOUTS_H
#define TOOL_ABOUTS_H

#include "engine/dnstable.h"
#include "engine/rules.h"

struct abouts {
	struct ruleset sets[2];	/* the site's stand above the others */
	struct dnstable dns;
};

/* What can be read of it; the rest is as if there were none. In the arena. */
void abouts_load(struct arena *a, struct abouts *t_r);
/* Empty: nobody knows. */
struct span abouts_find(const struct abouts *t, struct span name);

#endif
