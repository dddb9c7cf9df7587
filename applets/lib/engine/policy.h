/*
 * The policy host: loads the site's Lua rules and asks them (DESIGN 6).
 *
 * Every recipient starts from the state that loading left: what a rule puts
 * into its variables is gone with the recipient it ran for, so the order of
 * recipients cannot matter. A rule that fails makes everything tempfail.
 */
#ifndef ENGINE_POLICY_H
#define ENGINE_POLICY_H

#include "base/netaddr.h"
#include "engine/engine.h"
#include "engine/facts.h"

struct policy_host;

/* The policy that a trace names for what no policy of the site decides. */
#define POLICY_OURS "(pm)"

/* NULL and *e ("FILE:LINE: what"). The bundle must outlive the host. */
struct policy_host *policy_host_new(const struct bundle *bundle,
	struct err *e);
void policy_host_free(struct policy_host **h);
/*
 * From now on: what users have set (engine/userdata.h). The record lives as
 * long as the host, or until another takes its place.
 */
void policy_set_userdata(struct policy_host *h, struct span record);

bool policy_host_has_rules(const struct policy_host *h,
	enum engine_stage stage);
void policy_host_count(const struct policy_host *h, size_t *policies_r,
	size_t *rules_r);

/*
 * From now on rules that fail are told of ("FILE:LINE: …") and passed over,
 * a few times each: `pm policy check` wants all mistakes, not the first.
 */
void policy_tell_failures(struct policy_host *h,
	void (*failed)(void *self, const char *text), void *self);

/* script/script.h: script_watch_lines */
void policy_watch_lines(struct policy_host *h, void (*reached)(void *self,
	const char *file, unsigned line), void *self);

/* The internal networks of the settings; live as long as the host. */
size_t policy_networks(const struct policy_host *h,
	const struct cidr **networks_r);

/* The DNS lists of the bundle, with their keys; lives as long as the host. */
const struct dnstable *policy_dnstable(const struct policy_host *h);
/* Asks all zones that the policy declared, if it declared any. */
void policy_ask_dns(const struct policy_host *h, struct dnslist_set *dns);

/*
 * The rules of one stage; the recipient is the last of env->rcpts. dns is
 * asked when a rule wants to know.
 */
void policy_run_stage(struct policy_host *h, enum engine_stage stage,
	const struct envelope *env, struct dnslist_set *dns,
	int64_t deadline_ms, struct arena *a, struct stage_answer *answer_r);

/*
 * The content rules for every recipient: fills groups, or failed and failure
 * (with the message_id that is in it), of *v_r, and tells which lists
 * recipients, sender and relay were found on.
 */
void policy_run_message(struct policy_host *h, struct facts *f,
	struct dnslist_set *dns, int64_t deadline_ms, struct verdict *v_r,
	struct list_hit **lists_r, size_t *nlists_r);

/*
 * After policy_run_message: the message counts for the rates that rules asked
 * about, unless its sender is told to come again.
 */
void policy_count_rates(struct policy_host *h, const struct verdict *v);

/*
 * After policy_run_message: how would a recipient have ended with other
 * facts (their env, too)? Leaves no trace: what it looks up is not told of.
 */
struct policy_trial {
	struct facts *facts;
	const struct list_hit *without;	/* an entry that is not there; NULL */
	enum action action;		/* from here on the answer */
	struct span policy, rule;	/* the last one asked */
};

void policy_try(struct policy_host *h, uint32_t rcpt, struct policy_trial *t);
/* The list entries that were found since policy_run_message began. */
size_t policy_list_hits(const struct policy_host *h,
	const struct list_hit **hits_r);

/*
 * Everything that a rule may read and call, for people; and the same as a
 * reference, with the language and examples.
 */
void policy_put_words(struct buf *b);
void policy_put_reference(struct buf *b);

/* A word of it, for those who look at all. */
struct policy_word {
	const char *class;	/* "message"; NULL: a function */
	const char *name, *doc;	/* the first line of doc ends in what it is:
				   ": text", ": list of hits", "? boolean" */
	bool method;
};

/* The i-th of all words; false behind the last. */
bool policy_word_at(size_t i, struct policy_word *word_r);

/* Names of options that we read ourselves; NULL behind the last. */
extern const char *const policy_own_options[];
/* Of the bundle, or shipped. *near_r: the nearest one of a wrong name; NULL. */
bool policy_has_template(const struct bundle *bundle, struct span name,
	struct arena *a, const char **near_r);

/*
 * One group for all recipients: try again later, the policy failed. The
 * failure gets the message_id of *v_r behind it.
 */
void policy_fail(struct facts *f, const char *failure, struct verdict *v_r);

#endif
