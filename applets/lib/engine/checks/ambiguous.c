/*
 * Two readings of one message are possible: how filters are evaded, and how
 * some programs write. Weight 0 until it has been measured.
 */
#include "engine/check.h"

static enum check_state ambiguous_run(struct facts *f)
{
	if (f->mime.flags & MAIL_AMBIG_FIELD)
		facts_hit(f, "AMBIGUOUS_FIELD", 0,
			SPAN("a field that must be single is there twice"));
	if (f->mime.flags & MAIL_AMBIG_BOUNDARY)
		facts_hit(f, "AMBIGUOUS_BOUNDARY", 0,
			SPAN("parts can be divided in two ways"));
	if (f->mime.flags & MAIL_AMBIG_ENCODING)
		facts_hit(f, "AMBIGUOUS_ENCODING", 0,
			SPAN("content can be decoded in two ways"));
	return facts_ambiguous(f) ? CHECK_HIT : CHECK_NO;
}

const struct check ambiguous_check = {
	.name = "ambiguous",
	.stage = CHECK_LOCAL,
	.run = ambiguous_run,
};
