/*
 * Does a DKIM signature outlive edits of its message? Told by its canonical
 * forms (RFC 6376 section 3.7) alone: no key is needed.
 */
#ifndef MAILAUTH_DKIM_EDIT_H
#define MAILAUTH_DKIM_EDIT_H

#include "mail/header.h"

/* A message as raw bytes and its header; both outlive the call. */
struct dkim_bytes {
	struct span message;
	const struct header *h;
};

/*
 * The nth (from 0) DKIM-Signature from the top of `before`, a good one: does
 * it still fit `after`? False, too, when its field is gone or changed.
 * same_body: the body is known to be as it was; after->message may then end
 * with its header. now: seconds since 1970. *names_r: h=, "a:b:c".
 */
bool dkim_outlives(const struct dkim_bytes *before,
	const struct dkim_bytes *after, bool same_body, size_t nth,
	uint64_t now, struct arena *a, struct span *names_r);
/* Is it among the names of h=? */
bool dkim_names_have(struct span names, struct span name);

#endif
