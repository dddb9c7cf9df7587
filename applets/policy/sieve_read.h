/*
 * The words of a Sieve script (RFC 5228 section 8.1), one at a time. Private
 * to sieve_read.c and sieve_tree.c.
 */
#ifndef POLICY_SIEVE_READ_H
#define POLICY_SIEVE_READ_H

#include "sieve.h"

enum sieve_word {
	WORD_END, WORD_NAME, WORD_TAG, WORD_NUMBER, WORD_STRING,
	WORD_MARK,		/* ; { } ( ) [ ] , */
};

struct sieve_words {
	struct span text;
	const char *name;	/* of the script, for messages */
	struct arena *arena;
	size_t at;		/* behind the word at hand */
	unsigned line;		/* of the word at hand */
	unsigned lines;		/* at `at` */
	enum sieve_word word;	/* at hand */
	size_t from;		/* where it begins */
	struct span value;	/* name, tag or string */
	uint64_t number;
	unsigned char mark;
	struct span *comments;	/* lines since they were taken */
	size_t ncomments, comments_cap;
};

/* Goes to the next word. -1 and *e: the text is wrong there. */
int sieve_next(struct sieve_words *w, struct err *e);

/* An error at the word at hand. */
int sieve_wrong(const struct sieve_words *w, struct err *e, const char *what);

/* The word at hand, for "found X". */
const char *sieve_found(const struct sieve_words *w);

#endif
