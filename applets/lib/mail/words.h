/*
 * The distinct words of a text, for finding a message again by them. The one
 * who writes the index and the one who asks it split alike.
 *
 * A word is a run of ASCII letters and digits and of bytes from 0x80 on
 * (UTF-8 is kept as it is), ASCII letters in lower case, of WORD_LEAST to
 * WORD_MOST bytes; others are passed over.
 *
 * Among them stand marks: what is known of the message beside its text, as
 * KIND:VALUE ("hit:SHORTENER", "file:invoice.pdf"). No word has a colon.
 */
#ifndef MAIL_WORDS_H
#define MAIL_WORDS_H

#include "base/buf.h"
#include "base/map.h"

enum {
	WORDS_MAX = 4000,
	WORD_LEAST = 2,
	WORD_MOST = 40,
	MARKS_MAX = 500,
	MARK_MOST = 255,	/* bytes; what is longer is cut */
	WORDS_BYTES_MAX = WORDS_MAX * (WORD_MOST + 1) +
		MARKS_MAX * (MARK_MOST + 1),
};

struct words {
	struct arena *arena;
	struct map *seen;
	struct buf list;	/* each with a newline behind it */
	size_t n, nmarks;	/* words and marks; marks */
};

void words_begin(struct words *w, struct arena *a);
/* Adds the words of a text that are new, up to WORDS_MAX in all. */
void words_add(struct words *w, struct span text);
/* The same, but what stands between '<' and '>' parts words, no more. */
void words_add_html(struct words *w, struct span text);
/*
 * Adds a mark, up to MARKS_MAX of them; before the words, so that it finds
 * room. ASCII letters become lower case, control characters blanks. An empty
 * value is none.
 */
void words_add_mark(struct words *w, const char *kind, struct span value);
bool words_is_mark(struct span line);
/* The number under which a mark is indexed: no secret. */
int64_t words_mark_number(struct span mark);

#endif
