/*
 * The distinct words of a text, for finding a message again by them. The one
 * who writes the index and the one who asks it split alike.
 *
 * A word is a run of ASCII letters and digits and of bytes from 0x80 on
 * (UTF-8 is kept as it is), ASCII letters in lower case, of WORD_LEAST to
 * WORD_MOST bytes; others are passed over.
 */
#ifndef MAIL_WORDS_H
#define MAIL_WORDS_H

#include "base/buf.h"
#include "base/map.h"

enum {
	WORDS_MAX = 4000,
	WORD_LEAST = 2,
	WORD_MOST = 40,
	WORDS_BYTES_MAX = WORDS_MAX * (WORD_MOST + 1),
};

struct words {
	struct arena *arena;
	struct map *seen;
	struct buf list;	/* each with a newline behind it */
	size_t n;
};

void words_begin(struct words *w, struct arena *a);
/* Adds the words of a text that are new, up to WORDS_MAX in all. */
void words_add(struct words *w, struct span text);
/* The same, but what stands between '<' and '>' parts words, no more. */
void words_add_html(struct words *w, struct span text);

#endif
