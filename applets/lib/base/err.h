/*
 * What went wrong, in one sentence, and what kind of trouble it is.
 *
 * int f(..., struct err *e) returns 0, or -1 with *e filled. A sentence says
 * what, where (file:line) and what to do; it has no newline. Bytes from
 * outside inside it are escaped by err_set.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/span.h"

enum err_class {
	ERR_NONE,
	ERR_TEMPORARY,	/* try again: 4xx, exit 3 */
	ERR_PERMANENT,	/* will not work as it stands: 5xx, exit 2 */
	ERR_BUG,	/* we are broken: the worker ends */
};

enum { ERR_TEXT_MAX = 768 };

struct err {
	enum err_class class;
	char text[ERR_TEXT_MAX];
};

/* Exit codes of every applet (DESIGN 1). */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_NO = 1,
	EXIT_USAGE = 2,
	EXIT_LATER = 3,
};

/* Fills *e (may be NULL) and returns -1. Control bytes become \xNN. */
int err_set(struct err *e, enum err_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set, and appends ": " and the text of the current errno. */
int err_errno(struct err *e, enum err_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints "pm NAME: TEXT" as one line on stderr; returns the exit code. */
int err_report(const char *applet, const struct err *e);

#endif
