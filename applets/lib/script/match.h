/*
 * Lua's patterns (Lua 5.4 reference manual, section 6.4.1) with a budget.
 *
 * Lua's own matcher runs `.-.-.-.-b` for minutes inside C, where no hook
 * fires. This one counts each comparison and has no recursion: a pattern has
 * at most one open choice for each of its repetitions.
 */
#ifndef SCRIPT_MATCH_H
#define SCRIPT_MATCH_H

#include "base/span.h"

enum { MATCH_CAPTURES = 32 };

struct match_capture {
	size_t at;		/* offset in the subject */
	size_t n;
	enum { CAPTURE_OPEN, CAPTURE_TEXT, CAPTURE_POSITION } kind;
};

struct match {
	struct span subject, pattern; /* pattern without its ^ */
	size_t steps;		/* left; counts down over several calls */
	struct match_capture capture[MATCH_CAPTURES];
	unsigned ncaptures;
	const char *error;	/* why MATCH_FAILED, in Lua's words */
};

enum match_answer { MATCH_NO, MATCH_YES, MATCH_FAILED };

extern const char match_out_of_steps[]; /* match.error, when that is it */

/* Matches at exactly this offset; *end_r is where the match ends. */
enum match_answer match_at(struct match *m, size_t from, size_t *end_r);

/* Has the pattern none of ^$*+?.([%- ? */
bool match_is_plain(struct span pattern);

#endif
