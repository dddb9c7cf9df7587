/*
 * PureMessage's policy language: a dialect of Sieve (RFC 3028, RFC 5228
 * section 8) read into a tree, and the tree written as rules of pm.
 *
 * The reader knows the grammar and no command: commands and tests of the same
 * form are nodes. It is strict, bounded, and has no recursion. Spans point
 * into the text or the arena.
 */
#ifndef POLICY_SIEVE_H
#define POLICY_SIEVE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum {
	SIEVE_BYTES_MAX = 1 << 20,	/* of a script */
	SIEVE_DEPTH_MAX = 32,		/* blocks and tests in one another */
	SIEVE_NODES_MAX = 20000,
	SIEVE_STRINGS_MAX = 20000,	/* of one list */
};

enum sieve_kind { SIEVE_TAG, SIEVE_NUMBER, SIEVE_STRINGS };

struct sieve_arg {
	enum sieve_kind kind;
	struct span tag;		/* "memberof", without the colon */
	uint64_t number;		/* K, M and G are worked in */
	struct span *strings;		/* one, or a list */
	size_t nstrings;
	struct sieve_arg *next;
};

/* A command with its tests and its block, or a test with its tests. */
struct sieve_node {
	struct span name;	/* "if", "pmx_virus"; empty: what stands at
				   the end of a block, comments only */
	struct sieve_arg *args;
	struct sieve_node *tests;
	struct sieve_node *block;
	bool has_block;
	struct span *comments;	/* lines before a command, trimmed */
	size_t ncomments;
	unsigned line;
	struct span source;	/* the text of it */
	struct sieve_node *next;
};

/*
 * Reads a script. name is for messages, which read "NAME:LINE: what".
 * *first_r is the first command; NULL for an empty script.
 */
int sieve_read(struct span text, const char *name, struct arena *a,
	struct sieve_node **first_r, struct err *e);

/* What was left to people, or what they should know. */
struct sieve_left {
	unsigned line;
	struct span what;
	struct sieve_left *next;
};

struct sieve_result {
	struct buf lua;			/* the rules, a whole file */
	size_t nrules;
	struct sieve_left *left;	/* not converted, in order */
	size_t nleft;
	struct span *lists;		/* that the rules use */
	size_t nlists;
	struct span *templates;		/* that the rules use */
	size_t ntemplates;
};

/* What the writer asks of the outside. */
struct sieve_help {
	void *self;
	/* A file that the script names (a banner), with the name as it stands
	   in the script: its text, or false. */
	bool (*read)(void *self, struct span name, struct arena *a,
		struct span *text_r);
	/* Can the policy use this regular expression? Or *e. */
	bool (*pattern)(void *self, struct span source, bool octet,
		struct err *e);
};

/*
 * Writes the commands as rules. name is the script's, for the header. Never
 * fails: what it does not know stays as a comment and is told in left.
 * help may be NULL: there are no files, and patterns are looked at by eye.
 */
void sieve_to_lua(const struct sieve_node *first, const char *name,
	const struct sieve_help *help, struct arena *a,
	struct sieve_result *r_r);

#endif
