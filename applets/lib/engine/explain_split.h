/* How a message was split: group by group, as JSON. */
#ifndef ENGINE_EXPLAIN_SPLIT_H
#define ENGINE_EXPLAIN_SPLIT_H

#include "base/json.h"
#include "engine/envelope.h"
#include "engine/verdict.h"

/*
 * An array of { action, reason, recipients, redirect, elsewhere, sender,
 * copies, archives, notices, edits, body }: elsewhere has { rcpt, to } of each
 * recipient whose copy goes to others, sender is null when it is unchanged,
 * notices are the addresses of each, edits a number, body whether it changes.
 */
struct json *explain_split(const struct verdict *v,
	const struct envelope *env);

#endif
