#include "tool/learn.h"

#include "tool/feedback.h"

enum { BITS = 8 };	/* the trainer of examples is not used here */

int learn_describe(const char *who, struct span message, struct buf *line,
	struct err *e)
{
	struct examples x;
	int result;

	examples_begin(&x, who, ".", BITS);
	x.raw = true;
	result = tool_look(&x.keeper, "message", message, line, e);
	examples_end(&x);
	return result;
}

int learn_line(struct span line, const char *user, enum learn_what what,
	bool *changed_r, struct err *e)
{
	struct feedback_report r = { .line = line, .user = user,
		.spam = what == LEARN_SPAM, .undo = what == LEARN_UNDO };
	size_t kept;
	int result = feedback_report(&r, changed_r, &kept, e);

	if (result == 0 && what != LEARN_UNDO)
		*changed_r = true;
	return result;
}
