/* What the policy_*.c files share. Private to them. */
#ifndef ENGINE_POLICY_HOST_H
#define ENGINE_POLICY_HOST_H

#include "base/netaddr.h"
#include "mail/edit.h"
#include "mail/rewrite.h"
#include "script/script.h"
#include "engine/dnstable.h"
#include "engine/policy.h"
#include "engine/policy_notice.h"

enum {
	POLICIES_MAX = 200,		/* of a site */
	POLICY_RULES_MAX = 1000,	/* of a site */
	POLICY_NAME_MAX = 80,
	POLICY_REASON_MAX = 40,
	POLICY_VALUE_MAX = 30000,	/* of a header, before it is encoded */
	POLICY_PREFIX_MAX = 200,	/* of a subject */
	POLICY_SAID_MAX = 200,
	POLICY_LISTS_MAX = 100000,	/* list hits kept of a message */
	POLICY_REDIRECTS_MAX = 16,
	POLICY_ZONES_MAX = 32,		/* declared, of a site */
	POLICY_FAILURES_MAX = 4,	/* told of one rule */
	POLICY_TARGETS_MAX = 64,	/* where one recipient's mail goes */
	PLAN_COPIES_MAX = 8,		/* and archives */
	PLAN_BANNERS_MAX = 8,
	PLAN_DROPS_MAX = 64,
	PLAN_STEPS_MAX = 64,
	PLAN_EDITS_MAX = 1000,
	STAGE_CONTENT = STAGE_N,	/* the rules of :rule() */
};

struct rule {
	struct span name, where;
	int ref;
	int stage;			/* enum engine_stage, STAGE_CONTENT */
	unsigned failures;		/* that were told of */
};

struct policy {
	struct policy_host *host;
	struct span name, where;
	int guard;			/* a script_ref; -1: always */
	struct rule *rules;		/* POLICY_RULES_MAX of them */
	size_t nrules;
	bool applies;			/* to the message at hand */
	bool skip;			/* a rule of it that fails, its guard */
	struct span skipped;		/* why its guard was, for the message
					   at hand; p NULL: it was not */
	unsigned failures;		/* of its guard that were told of */
	struct policy *next;
};

enum plan_kind {
	PLAN_PREFIX_SUBJECT, PLAN_ADD_HEADER, PLAN_REPLACE_HEADER,
	PLAN_REMOVE_HEADER
};

struct plan_step {
	enum plan_kind kind;
	uint32_t rule;			/* whose step it is, in the trace */
	struct span name, value;
};

struct plan_drop {
	size_t part;			/* of the message */
	struct span text;
};

/* What policy wants for one recipient. */
struct plan {
	enum action action;
	struct span reason, code, text, notify;
	uint32_t delay_minutes;
	struct span redirect[POLICY_REDIRECTS_MAX];
	size_t nredirect;
	struct plan_step steps[PLAN_STEPS_MAX];
	size_t nsteps;
	struct span copies[PLAN_COPIES_MAX], archives[PLAN_COPIES_MAX];
	size_t ncopies, narchives;
	struct rewrite_banner banners[PLAN_BANNERS_MAX];
	size_t nbanners;
	struct plan_drop drops[PLAN_DROPS_MAX];
	size_t ndrops;
	uint32_t bodily[PLAN_BANNERS_MAX + PLAN_DROPS_MAX];
	size_t nbodily;			/* rules that change the body */
	bool batv;
	bool new_sender;
	struct span mail_from;
	struct notice_wish wish;
	/* Where his copy goes; not part of what groups compare. */
	bool elsewhere;
	struct span *to;		/* POLICY_TARGETS_MAX, or NULL */
	size_t nto;
};

/* One message, or one stage of its session, being judged. */
struct run {
	struct facts *facts;		/* NULL before DATA */
	const struct envelope *env;
	struct dnslist_set *dns;
	struct arena *arena;		/* of the message */
	int64_t deadline_ms;
	uint32_t rcpt;			/* index */
	struct address address;		/* of that recipient */
	struct plan plan;
	struct plan *made;		/* by an ending action, not returned;
					   holds only what that action says */
	char made_where[64];
	struct buf said;		/* of the rule at hand */
	char said_where[64];
	struct policy_view *view;	/* policy_view.h; NULL: not yet */
	struct trace_step *trace;
	size_t ntrace;
	struct list_hit *lists;
	size_t nlists, lists_cap;
	struct banner_known *banners;	/* policy_body.c */
	const struct list_hit *without;	/* as if that entry were not there */
	bool trial;			/* policy_try: nothing is noted */
	struct policy_rates *rates;	/* policy_rate.c; NULL: none asked */
};

struct policy_host {
	const struct bundle *bundle;
	struct arena *arena;		/* what loading made */
	struct arena *scratch;		/* of one recipient */
	struct script *script;
	struct policy *first, **last;
	size_t npolicies, nrules, stages[STAGE_N + 1];
	struct pattern_room *patterns;	/* NULL: no regex() was made */
	size_t nregexes;
	struct phrases **phrases;	/* of each list; NULL: has none */
	struct list_patterns **list_patterns;	/* the same */
	bool own_parts;			/* of recipients, in the bundle */
	struct span userdata;		/* engine/userdata.h; empty: none */
	struct policy_option *options;
	size_t noptions;
	struct cidr *networks;
	struct dnstable dnstable;	/* lists that are data */
	struct span zones[POLICY_ZONES_MAX];
	size_t nzones;
	const char **list_names;
	bool loading;
	bool untraced;			/* the bench has none */
	/* Told of each rule that fails, which is then passed over; NULL. */
	void (*failed)(void *self, const char *text);
	void *failed_self;
	struct plan before;		/* a rule that may be passed over */
	struct run run;
};

extern const struct script_function policy_functions[];
extern const struct script_class policy_class, policy_session_class,
	policy_message_class, policy_rcpt_class, policy_plan_class,
	policy_ending_class, policy_relay_class, policy_spam_class,
	policy_hit_class, policy_virus_class, policy_attachment_class,
	policy_url_class, policy_dns_class;

/* Arguments (policy_args.c): false and c->error set. */
bool policy_arg_text(struct script_call *c, size_t i, const char *usage,
	struct span *s_r);
bool policy_arg_printable(struct script_call *c, size_t i, const char *what,
	size_t max, struct span s);
bool policy_arg_count(struct script_call *c, size_t least, size_t most,
	const char *usage);
struct script_value policy_text(struct span s);
struct script_value policy_bool(bool b);
struct script_value policy_int(int64_t i);
struct script_value policy_object(const struct script_class *class,
	void *self);

/* user@domain, fit for an SMTP command. */
bool policy_is_address(struct span s);
/* The same of argument i, or c->error. */
bool policy_arg_address(struct script_call *c, size_t i, const char *usage,
	struct span *s_r);

/* Notes in the trace what a rule said; cut for display. */
void policy_say(struct policy_host *h, struct script_call *c,
	const char *verb, struct span what);

/* Looks a subject up; false and c->error when there is no such list. */
bool policy_listed(struct policy_host *h, struct script_call *c,
	struct span subject, uint32_t rcpt, bool *yes_r);

/* The list of that name; NULL and c->error, with the nearest name. */
const struct bundle_list *policy_find_list(struct policy_host *h,
	struct script_call *c, struct span name);

/*
 * Notes that an entry decided, for people. False: this is a trial as if that
 * entry were not there.
 */
bool policy_note_list(struct policy_host *h, struct list_hit hit);

#endif
