/*
 * The command line of an applet: options from a table, strict.
 *
 * "--name VALUE", "--name=VALUE", "--flag", and "-x" where a letter is given;
 * "--" ends options; the rest are operands, in order. An unknown option is an
 * error that names the nearest known one. --help and --root are everybody's.
 */
#ifndef BASE_ARGS_H
#define BASE_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum args_kind {
	ARGS_FLAG,	/* bool * */
	ARGS_TEXT,	/* const char ** */
	ARGS_LIST,	/* struct args_list *, may be given again */
	ARGS_NUMBER,	/* long long *, not negative */
};

enum { ARGS_LIST_MAX = 16384 };

struct args_list {
	const char **v;
	size_t n;
};

struct args_option {
	const char *name;	/* "json", without the dashes */
	char letter;		/* 0: none */
	enum args_kind kind;
	void *to;
};

struct args {
	const char *root;	/* --root, default "/" */
	bool help;		/* --help was given */
	char **rest;		/* operands: point into argv */
	size_t n;
};

/*
 * Reads argv[1..]. options ends with a NULL name. Lists are malloc'd and live
 * as long as the process.
 */
int args_parse(int argc, char **argv, const struct args_option *options,
	struct args *args_r, struct err *e);

/*
 * The name in `names` (n of them) nearest to what was typed, for "unknown
 * key X: did you mean Y?"; NULL when none is near.
 */
const char *args_nearest(struct span typed, const char *const *names,
	size_t n);

/* "30m", "12h", "7d" ago, "2026-11-22", "2026-11-22T20:17" (UTC): wall ms. */
int args_time(const char *option, const char *text, int64_t *ms_r,
	struct err *e);

#endif
