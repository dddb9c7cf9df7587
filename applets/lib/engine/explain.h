/*
 * Why a recipient got what he got: one plain sentence, and the smallest
 * single change with which the message would have been delivered to him.
 *
 * Both are found by asking the rules again about changed facts, with the
 * rules and lists that judged: what is kept beside the message is exact.
 */
#ifndef ENGINE_EXPLAIN_H
#define ENGINE_EXPLAIN_H

#include "engine/facts.h"
#include "engine/policy.h"
#include "engine/verdict.h"

enum {
	EXPLAIN_GROUPS_MAX = 8,	/* of a message; others have a sentence only */
	EXPLAIN_TRIALS_MAX = 48, /* of a group */
	EXPLAIN_MS = 50,	/* of a message; then `unless` is empty */
};

/*
 * Fills f->whys for the groups of a verdict that policy_run_message just
 * made: of those that are not delivered, or of all. dns as it was there.
 */
void explain_verdict(struct policy_host *h, struct facts *f,
	struct dnslist_set *dns, const struct verdict *v, bool all);

/*
 * "Quarantined for Spam because …; rule inbound/spam, 50-default.lua:70.":
 * because may be empty. Printable.
 */
void explain_sentence(const struct verdict *v, const struct group *g,
	struct span because, struct buf *b);

/* What recipient `rcpt` was told of in a record; NULL. */
struct facts_record;
const struct why *explain_find(const struct facts_record *f, uint32_t rcpt);

/*
 * Everything about a verdict for people, many lines: `pm policy test`. raw is
 * the message that was judged.
 */
void explain_text(const struct verdict *v, const struct envelope *env,
	struct span raw, struct buf *b);

#endif
