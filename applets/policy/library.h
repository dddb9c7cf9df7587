/*
 * The ready-made rules of lua/library, which travel in the executable:
 *
 *	NAME.lua	the rules. Its first line is "-- NAME: summary"; lines
 *			"-- Lists: a, b" and "-- Templates: c" of its header
 *			name what it needs; "-- Needs: plan:banner" names words
 *			of the language that a version may not have yet
 *	NAME.test	messages and what the rules make of them
 *	lists/, templates/  what the rules need, to begin with
 *
 * A NAME.test is cases. Each is lines "key: value", an empty line, a message,
 * and a line "====":
 *	case: TITLE		what is tried
 *	from: ADDRESS		envelope sender; none: the null sender
 *	to: ADDRESS		a recipient, may be given again
 *	relay: ADDRESS		default 203.0.113.1; 127.0.0.1 is inside
 *	user: NAME		who logged in
 *	list: LIST ENTRY	on that list, too; may be given again. LIST#RCPT
 *				is that recipient's own part
 *	option: NAME = VALUE	the site's switch
 *	dns: NAME TXT TEXT	what is in the DNS (A ADDRESS, too)
 *	rate: MESSAGES RCPTS SPAM  what m:rate knows beside this message
 *	expect: ACTION REASON	of the most severe recipient; the reason may
 *				be left out
 *	said: TEXT		a rule said this ("prefix_subject([EXTERNAL])")
 *	silent: yes		no rule said anything
 *	text: TEXT		stands in what is delivered
 * The domain example.org is ours.
 */
#ifndef POLICY_LIBRARY_H
#define POLICY_LIBRARY_H

#include "base/arena.h"
#include "base/err.h"
#include "engine/engine.h"

#define LIBRARY "lua/library/"

enum { LIBRARY_PAIRS_MAX = 200 };

struct library_pair {
	struct span key, value;
};

struct library_case {
	struct span title;
	struct library_pair pairs[LIBRARY_PAIRS_MAX];
	size_t npairs;
	struct span message;	/* lines end with CRLF */
};

/* The name of the i-th ready-made rule file, without ".lua"; NULL. */
const char *library_name(struct arena *a, size_t i);
/* The file of that name, or p NULL. */
struct span library_file(struct arena *a, const char *name,
	const char *suffix);
/* The nth name (from 0) in the header line "-- KEY: a, b". */
bool library_needs(struct span lua, const char *key, size_t nth,
	struct span *name_r);
/* A list or template as it is shipped, or p NULL. */
struct span library_needed(struct arena *a, const char *key,
	struct span name);

/*
 * The next case off the front of *rest; false at the end. The file is ours:
 * a wrong one is an error that names its line.
 */
int library_next_case(struct span *rest, const char *name, struct arena *a,
	struct library_case *c_r, bool *more_r, struct err *e);

/* Judges a case's message in its world, by the rules of an engine. */
void library_judge(struct engine *engine, const struct library_case *c,
	struct arena *a, struct verdict *v_r);

/*
 * Runs one case against the rules NAME.lua; *why_r is NULL when all is as
 * expected.
 */
int library_run_case(const char *name, const struct library_case *c,
	struct arena *a, const char **why_r, struct err *e);

#endif
