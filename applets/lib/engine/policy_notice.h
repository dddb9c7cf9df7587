/*
 * Notices: what rules want people to be told (plan:notify, notify = …), and
 * the messages made of that. Private to policy_*.c.
 *
 * A program's mail, the null sender and, unless a rule says external = true,
 * people outside are told nothing: who writes to them was perhaps never the
 * sender (RFC 3834). One message tells one person once.
 */
#ifndef ENGINE_POLICY_NOTICE_H
#define ENGINE_POLICY_NOTICE_H

#include "engine/verdict.h"
#include "script/script.h"

struct policy_host;
struct plan;

enum {
	PLAN_NOTICES_MAX = 4,
	PLAN_VARS_MAX = 32,
	TOLD_MAX = 64,		/* persons of one message, but recipients */
};

struct plan_notice {
	struct span template;	/* "virus-found" */
	struct span to;		/* "recipient", "sender", "postmaster" or an
				   address */
	bool headers;		/* the original's header goes with it */
	bool external;		/* people outside are told, too */
};

struct plan_var {
	struct span name, value; /* "TICKET" */
};

/* What the rules want to be told of one recipient's copy. */
struct notice_wish {
	struct plan_notice v[PLAN_NOTICES_MAX];
	size_t n;
	struct plan_var vars[PLAN_VARS_MAX];
	size_t nvars;
};

#define POLICY_NOTICE_METHODS \
	{ "notify", policy_plan_notify, "notify(template, { to = who }): " \
		"somebody is told, by a template of the folder templates; " \
		"who is \"recipient\" (as without it), \"sender\", " \
		"\"postmaster\" or an address; headers = true: with the " \
		"original's header; external = true: people outside are " \
		"told, too. A person gets at most 20 in an hour\n" \
		"plan:notify(\"attachment-removed\", { to = \"recipient\" })" \
	}, \
	{ "set", policy_plan_set, "set(name, value): a variable of the " \
		"site's for its templates, %%NAME%%: A-Z, 0-9 and _\n" \
		"plan:set(\"TICKET\", m.queue_id)" }

void policy_plan_notify(struct script_call *c);
void policy_plan_set(struct script_call *c);
/* The function expand(text). */
void policy_expand(struct script_call *c);

/*
 * The notify of an ending action: "recipient", "sender" or "postmaster" (who
 * is told by the shipped template for that reason), or a template for the
 * recipient. False: c->error is set.
 */
bool policy_notice_ending(struct script_call *c, struct plan *made);
/* Those of made, too. */
void policy_notice_join(struct notice_wish *w, const struct notice_wish *made);

/* NAME.txt or NAME.html of the site, or the shipped one; p NULL: none. */
struct span policy_template(const struct policy_host *h, struct span name,
	const char *ending, struct arena *a);
/* NAME.de, where the option notice_language is "de" and there is one. */
struct span policy_template_language(const struct policy_host *h,
	struct span name, struct arena *a);
/* Are the variables of the site's templates known? */
int policy_check_templates(const struct policy_host *h, struct err *e);

/* What groups compare of it; a copy that lives longer. */
void policy_notice_put(struct buf *b, const struct notice_wish *w);
struct notice_wish *policy_notice_keep(const struct notice_wish *w,
	struct arena *a);

/* Who was told of this message. */
struct told {
	struct span who[TOLD_MAX];
	size_t n;
};

/* Makes g->notices, of a group that is complete. */
void policy_notice_make(struct policy_host *h, const struct notice_wish *w,
	struct group *g, struct told *told);

/* Where a value is asked for (policy_variable.c). */
struct variable_place {
	struct policy_host *h;
	const struct notice_wish *wish;
	const struct group *group;	/* NULL: a rule is at work */
	bool alone;		/* who reads it may know one recipient only */
};

/* For template_expand(); self is a struct variable_place. */
struct span policy_variable(void *self, struct span name);

/* Minutes east of UTC at that time, by the option timezone. */
int policy_local_offset(const struct policy_host *h, int64_t seconds);

#endif
