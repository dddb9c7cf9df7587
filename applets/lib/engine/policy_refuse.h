/*
 * What the language has and this version has not: refused while a policy is
 * loaded, in the words that calling it says, so that no generation goes into
 * force that gives 451 to the first mail that reaches the rule. Private to
 * policy*.c.
 */
#ifndef ENGINE_POLICY_REFUSE_H
#define ENGINE_POLICY_REFUSE_H

#include "engine/bundle.h"

extern const char policy_no_delay[], policy_no_history[];

/* Does a file use them? -1 and *e: "FILE:LINE: delay: not in …". */
int policy_refuse_later(const struct bundle_file *f, struct arena *a,
	struct err *e);

#endif
