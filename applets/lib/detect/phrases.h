/*
 * Words and phrases looked for in a text, all at once: case, white space and
 * marks between words do not matter, words are whole ones in any script (an
 * ideograph is a word of its own).
 *
 * An index of hashes over the words of the phrases: it takes no time to
 * compile, and looking at a word costs about 20 ns whatever the number of
 * phrases is, which no automaton does for a list that people edit.
 */
#ifndef DETECT_PHRASES_H
#define DETECT_PHRASES_H

#include "base/arena.h"
#include "base/span.h"

enum { PHRASES_WORDS_MAX = 16 };

struct phrases;

/* Room for n phrases; everything is in the arena. */
struct phrases *phrases_new(size_t n, struct arena *a);
/*
 * Adds one as it is written, which must live as long as the index. False: it
 * has no word, or more than PHRASES_WORDS_MAX; or there is no room.
 */
bool phrases_add(struct phrases *p, struct span phrase);
/*
 * Those that stand in a text that casefold() made (mail/casefold.h), each
 * once, in the order in which they begin there, at most max: as they were
 * added.
 */
size_t phrases_find(const struct phrases *p, struct span folded, size_t max,
	struct span *found_r);

#endif
