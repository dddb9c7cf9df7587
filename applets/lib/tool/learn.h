/*
 * What people do with withheld mail teaches the content classifier: a
 * release says that it is wanted, a report that it is spam (tool/feedback.h).
 * The one way for CLI and pages. The root is entered.
 */
#ifndef TOOL_LEARN_H
#define TOOL_LEARN_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends what feedback keeps of a message (tool/examples.h), made in a
 * sandboxed worker. who: of the command, for what is told on stderr.
 */
int learn_describe(const char *who, struct span message, struct buf *line,
	struct err *e);

enum learn_what { LEARN_HAM, LEARN_SPAM, LEARN_UNDO };

/*
 * Learns it, once for each message and user, whatever was said before; user
 * NULL: an administrator. *changed_r: false when an undo found nothing.
 */
int learn_line(struct span line, const char *user, enum learn_what what,
	bool *changed_r, struct err *e);

#endif
