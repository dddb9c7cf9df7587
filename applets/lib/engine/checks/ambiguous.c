/*
 * Two readings of one message are possible: how filters are evaded, and how
 * some programs write. Weight 0 until it has been measured.
 */
#include "engine/check.h"

static const struct {
	enum mail_flag flag;
	const char *name, *what;
} doubts[] = {
	{ MAIL_AMBIG_FIELD, "AMBIGUOUS_FIELD",
		"a field that must be single is there twice" },
	{ MAIL_AMBIG_BOUNDARY, "AMBIGUOUS_BOUNDARY",
		"parts can be divided in two ways" },
	{ MAIL_AMBIG_ENCODING, "AMBIGUOUS_ENCODING",
		"content can be decoded in two ways" },
	{ MAIL_AMBIG_FROM, "AMBIGUOUS_FROM",
		"clients may show different authors" },
	{ MAIL_AMBIG_HEADER_END, "AMBIGUOUS_HEADER_END",
		"the header may end in two places" },
	{ MAIL_AMBIG_LINE_END, "AMBIGUOUS_LINE_END",
		"a bare CR or LF decides what is read" },
	{ MAIL_AMBIG_NAME, "AMBIGUOUS_NAME", "a file has several names" },
	{ MAIL_AMBIG_CHARSET, "AMBIGUOUS_CHARSET",
		"a text reads otherwise in another charset" },
	{ MAIL_AMBIG_ARCHIVE, "AMBIGUOUS_ARCHIVE",
		"an archive has two contents" },
};

static enum check_state ambiguous_run(struct facts *f)
{
	unsigned flags = facts_flags(f);

	for (size_t i = 0; i < sizeof(doubts) / sizeof(*doubts); i++)
		if (flags & doubts[i].flag)
			facts_hit(f, doubts[i].name, 0,
				span_of(doubts[i].what));
	return facts_ambiguous(f) ? CHECK_HIT : CHECK_NO;
}

const struct check ambiguous_check = {
	.name = "ambiguous",
	.stage = CHECK_ANSWERED,	/* behind those who decode */
	.run = ambiguous_run,
};
