/*
 * The named statements: blocks of sql/query/, found by name.
 */
#ifndef DB_STATEMENT_H
#define DB_STATEMENT_H

#include "base/span.h"

struct statement {
	struct span name, about, plan, text; /* plan: empty, not golden */
	const char *file;
};

/* The statement of that name; false: there is none. */
bool statement_find(const char *name, struct statement *s_r);
/* The i-th of all, in the order of files and blocks; false after the last. */
bool statement_at(size_t i, struct statement *s_r);

#endif
