/*
 * Texts with variables in them, written as PureMessage writes them:
 * %%SUBJECT%%, and %%PMX_SUBJECT%% is the same. A name is A-Z, 0-9 and _, at
 * most TEMPLATE_NAME_MAX; what has another form stays as it is.
 *
 * A value comes from a message: it is data. It is made fit for the place
 * where it stands, and cut. Pure.
 */
#ifndef ENGINE_TEMPLATE_TEXT_H
#define ENGINE_TEMPLATE_TEXT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum {
	TEMPLATE_NAME_MAX = 40,
	TEMPLATE_VALUE_MAX = 4000,	/* bytes of a value, in UTF-8 */
	TEMPLATE_LINE_MAX = 400,	/* the same in a header */
	TEMPLATE_TEXT_MAX = 64 << 10,	/* of a template */
	TEMPLATE_OUT_MAX = 128 << 10,	/* of what is made of one; then cut */
};

enum template_place {
	TEMPLATE_TEXT,		/* no control characters but line ends */
	TEMPLATE_HEADER,	/* one line */
	TEMPLATE_HTML,		/* escaped; line ends become <br> */
};

/* What PureMessage has, and RULE and REASON: whose name is in it. */
extern const char *const template_names[];
extern const size_t template_names_n;

/* A file of the folder templates, in pieces. */
struct template_file {
	struct span subject, from;	/* of its header; p NULL: not there */
	struct span text;		/* behind the header */
	size_t line;			/* where the text begins, from 1 */
};

/*
 * First lines "Subject: …" and "From: …", a blank line, the text. A file
 * whose first line is no such line is all text.
 */
void template_split(struct span file, struct template_file *t_r);

/*
 * The text up to the next variable, and its name; the name is empty at the
 * end. False: rest was empty. PMX_ is taken off where the name without it is
 * one of template_names.
 */
bool template_next(struct span *rest, struct span *before_r,
	struct span *name_r);

/* Is each variable known? *e says "NAME:LINE: …" and the nearest one. */
int template_check(struct span text, const char *name, size_t line,
	bool (*known)(const void *self, struct span name), const void *self,
	struct err *e);

/* The text with values in it; those of unknown names are empty. */
void template_expand(struct span text, enum template_place place,
	struct span (*value)(void *self, struct span name), void *self,
	struct buf *out);

#endif
