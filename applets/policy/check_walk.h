/*
 * A walk over the words of one policy file, once, from front to back: which
 * names are known where, what a chain like m.relay.name leads to, which
 * blocks are open. Private to check_read.c, check_names.c and check_uses.c.
 */
#ifndef POLICY_CHECK_WALK_H
#define POLICY_CHECK_WALK_H

#include "check.h"
#include "script/tokens.h"

enum { WALK_LOCALS_MAX = 2000, WALK_DEPTH_MAX = 200 };

struct walk_local {
	struct span name;
	struct shape shape;
};

enum walk_block_kind { BLOCK_PLAIN, BLOCK_LOOP, BLOCK_FUNCTION };

struct walk_block {
	enum walk_block_kind kind;
	size_t nlocals;		/* that were known before it */
	unsigned line;
	bool forever, exits;	/* a loop: nothing ends it; something leaves */
	int rule, policy;	/* a function: of that rule, guard; -1 */
	bool ends, passes;	/* its last word ends mail; it may say nothing
				   before */
};

/* What is being called. */
struct callee {
	const char *class;	/* of a method; "": a global function */
	struct span name;
	struct shape result;
	int policy;		/* of the object */
	int rule, made;		/* of the rule, the policy that is made here */
};

struct walk_bracket {
	unsigned char sign;	/* '(' '[' '{' */
	bool chained;		/* result stands for it behind the closing */
	struct callee callee;	/* name empty: nothing is called */
};

struct walk {
	const struct bundle *bundle;
	const struct bundle_file *file;
	const struct vocabulary *v;
	struct seen *seen;
	struct findings *f;
	const struct lua_token *t;
	size_t n, i;
	struct walk_local locals[WALK_LOCALS_MAX];
	size_t nlocals;
	struct walk_block blocks[WALK_DEPTH_MAX];
	size_t nblocks;
	struct walk_bracket brackets[WALK_DEPTH_MAX];
	size_t nbrackets;
	struct shape last;	/* of the chain that was last read */
	size_t pending, pending_depth; /* local that waits for its shape;
					  SIZE_MAX: none */
	struct span loop[2];	/* names of a for before its do */
	size_t nloop;
	bool in_for, in_while, forever;
};

extern const struct shape walk_unknown;

/* The token k further on; behind the end one of LUA_NOTHING. */
const struct lua_token *walk_token(const struct walk *w, size_t k);
/* Is that token this name or sign (never a text)? */
bool walk_is(const struct walk *w, size_t k, const char *word);
/* False: too many, the walk is over. */
bool walk_declare(struct walk *w, struct span name, struct shape shape);

/* The text at token k, when it is the whole argument. */
const struct lua_token *walk_literal(const struct walk *w, size_t k);
/* "WHAT "NAME"; did you mean "NEAR"?"; near NULL: without. */
void walk_tell(struct walk *w, const struct lua_token *at, const char *what,
	struct span name, const char *near);

/* check_uses.c: at the first argument of a call that may name something. */
void walk_uses(struct walk *w, const struct callee *c);

/* check_names.c: at a name that is no keyword; at a sign. */
bool walk_name(struct walk *w);
bool walk_sign(struct walk *w);

#endif
