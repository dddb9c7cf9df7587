/*
 * What the files share that write Sieve as Lua. Private to sieve_lua*.c.
 *
 * Functions that walk the tree call themselves; the reader has bounded its
 * depth.
 */
#ifndef POLICY_SIEVE_LUA_H
#define POLICY_SIEVE_LUA_H

#include "base/map.h"
#include "sieve.h"

/* How tightly a Lua expression holds together: what needs parentheses. */
enum strength { STRENGTH_NONE, STRENGTH_OR, STRENGTH_AND, STRENGTH_COMPARE,
	STRENGTH_TIGHT };

/* What ends the way of a message. */
enum ending_kind { ENDING_NONE, ENDING_KEEP, ENDING_DISCARD, ENDING_QUARANTINE,
	ENDING_REJECT, ENDING_REDIRECT };

struct ending {
	enum ending_kind kind;
	struct span call;	/* "quarantine(\"Spam\")" */
	struct span argument;	/* the reason or address in it, quoted */
	unsigned line;
};

/* Helpers that the rules call; written in front when one does. */
enum helper { HELPER_ANY, HELPER_HAS, HELPER_DOMAIN, HELPER_LOCAL_PART,
	HELPER_UNSCANNABLE, HELPER_DECIDED, HELPER_BUSY, HELPER_N };

struct lua {
	struct arena *a;
	struct sieve_result *r;
	const struct sieve_help *help;	/* or NULL */
	struct buf body;		/* policies and rules */
	struct buf patterns, banners;	/* what the rules name by number */
	struct buf *out;		/* where lines go */
	unsigned indent;
	const char *self;		/* "m" in a rule, "s" in a guard */
	unsigned npatterns, nbanners, npolicies, nplain;
	const char *declare;		/* a policy that waits for its first
					   rule; NULL */
	struct map *known;		/* patterns, names, lists, templates */
	bool helpers[HELPER_N];
	struct span attachment;		/* the test of one attachment "f" that
					   the block at hand stands under */
	const char *why;		/* a test or action has no rule */
	struct sieve_left **last_left;
};

/* --- text (sieve_lua_text.c) */

/* One line, indented, broken where it is wider than 80 columns. */
void lua_line(struct lua *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A line of comment; whatever bytes it has. */
void lua_comment(struct lua *l, struct span text);
/* "…", whatever bytes it has. */
struct span lua_quote(struct lua *l, struct span text);
/* The same as one line of at most max printable ASCII characters. */
struct span lua_quote_ascii(struct lua *l, struct span text, size_t max);
/* Quoted, or expand("…") when template variables stand in it. */
struct span lua_text(struct lua *l, struct span text, size_t max_ascii);
/* "patterns[1]" for a regular expression, or a glob (* and ?). Empty and
   l->why: another engine is needed. */
struct span lua_pattern(struct lua *l, struct span text, bool glob, bool octet,
	unsigned line);
/* "banners[1]" for a long text. */
struct span lua_long_text(struct lua *l, struct span text, unsigned line);
/* Notes a list or template once. */
void lua_note(struct lua *l, const char *kind, struct span name);
bool lua_first(struct lua *l, const char *kind, struct span name);
/* What people have to look at; l->why says why. */
void lua_left(struct lua *l, unsigned line, struct span source);

/* --- arguments, shared by tests and actions (sieve_lua_tests.c) */

enum match { MATCH_IS, MATCH_CONTAINS, MATCH_MATCHES, MATCH_RE,
	MATCH_MEMBEROF, MATCH_OVER, MATCH_UNDER };

struct match_args {
	enum match how;
	bool octet, true_type;
	enum { PART_ALL, PART_LOCAL, PART_DOMAIN } part;
	uint64_t number;
	bool has_number;
	const struct sieve_arg *lists[2];
	size_t nlists;
};

bool lua_match_args(struct lua *l, const struct sieve_node *n,
	struct match_args *m_r);
/* The recipient against the keys. */
enum strength lua_recipient(struct lua *l, const struct match_args *m,
	const struct sieve_arg *keys, unsigned line, struct buf *out);

/* A test as an expression; NONE and l->why when it has none. */
enum strength lua_test(struct lua *l, const struct sieve_node *n,
	struct buf *out);
/* Is the test of nothing but the relay: may it be a guard? */
bool lua_test_is_session(const struct sieve_node *n);

/* --- actions (sieve_lua_actions.c) */

/*
 * Writes an action; an ending one goes to *ending instead. False and l->why
 * when there is no such thing.
 */
bool lua_action(struct lua *l, const struct sieve_node *n,
	struct ending *ending);

#endif
