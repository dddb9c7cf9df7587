/*
 * What the content classifier looks at in a message, for training and for
 * scanning alike: hashed features in groups that are weighed apart.
 *
 * Left out on purpose, as it tells where mail was collected and not what it
 * is: every field that lists add (List-*, Precedence, Sender, X-Mailman-*,
 * X-BeenThere …), Received and trace fields, signatures of domains, the
 * recipients' addresses, dates, message ids, tags of lists in the subject and
 * the footers that lists append. Digits all count as 0.
 */
#ifndef ENGINE_FEATURES_H
#define ENGINE_FEATURES_H

#include "detect/feature.h"
#include "engine/facts.h"

enum {
	/* To be raised with every change of what is found: a model is of one
	   version. */
	FEATURES_VERSION = 2,
	FEATURES_MAX = 12000,
	FEATURES_TEXT_MAX = 4000,	/* bytes of text in all */
	FEATURES_RAW_MAX = 3500,	/* bytes of the message as it came */
	FEATURES_WORDS_LEAST = 20,	/* words of a plain text */
};

struct features {
	struct feature *v;	/* distinct, in the order of the message */
	size_t n;
};

/*
 * Everything is in the arena of the facts. None of a message that is too
 * little to be judged by its content: one part, no link, few words.
 */
void features_find(struct facts *f, struct features *features_r);

/* The raw group alone, of the message as it came. */
void features_raw(struct span message, struct arena *a,
	struct features *features_r);

/* For people: word "viagra", html images 3. */
void features_name(const struct feature *v, struct buf *b);

#endif
