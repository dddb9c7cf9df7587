/*
 * The verbs of pm list. Each gets its operands (the verb first) and the
 * options; the root is entered. 0 or 1 is the exit code; -1: *e says why.
 */
#ifndef LIST_COMMAND_H
#define LIST_COMMAND_H

#include "base/args.h"
#include "tool/listfile.h"

struct list_options {
	const char *user;	/* whose own part; NULL: the list itself */
	const char *from;	/* format of an import */
	const char *group;	/* of an import from PMG */
	const char *type, *match, *about;
	bool json, draft, dry_run;
};

struct list_command {
	const struct list_options *o;
	const struct args *args;
	const char *name;	/* of the list, where the verb wants one */
	struct arena *a;
};

int list_names(const struct list_command *c, struct err *e);
int list_items(const struct list_command *c, struct err *e);
int list_test(const struct list_command *c, struct err *e);
int list_describe(const struct list_command *c, struct err *e);
int list_export(const struct list_command *c, struct err *e);

int list_add(const struct list_command *c, struct err *e);
int list_remove(const struct list_command *c, struct err *e);
int list_create(const struct list_command *c, struct err *e);
int list_delete(const struct list_command *c, struct err *e);
int list_import(const struct list_command *c, struct err *e);

/* "2 added, 1 was there already: generation 7 is live (0.03 s): …" */
void list_tell(const struct list_command *c, const struct listfile_result *r);
/* The text as --draft or not wants it; an error when there is no such list. */
int list_text(const struct list_command *c, struct buf *text, struct err *e);

#endif
