/*
 * Lists as people keep them: files in etc/pm/lists whose comments and order
 * stay, changed entry by entry and put in force at once (tool/publish.h). A
 * user's own part of LIST is the list LIST#address. The root is entered.
 */
#ifndef TOOL_LISTFILE_H
#define TOOL_LISTFILE_H

#include "tool/publish.h"

enum {
	LISTFILE_MAX = 512 << 20,	/* bytes of one */
	LISTFILE_NAME_MAX = 120,
};

/* One that stands in a text. */
struct listfile_entry {
	struct span text;	/* "*@example.com", of a map with its value */
	uint32_t line;		/* from 1 */
};

/*
 * The next entry of a text; *line counts. False: there is none. Comments and
 * the first line's type are passed over.
 */
bool listfile_next(struct span *rest, uint32_t *line,
	struct listfile_entry *entry_r);
/* Two entries with one key are the same one; of a map its key. */
struct span listfile_key(unsigned type, struct span entry, struct arena *a);

/* The name of a list, or of a user's part of it; lower case. */
int listfile_name(const char *list, const char *user, struct arena *a,
	const char **name_r, struct err *e);

/*
 * The text of the draft's file, or as it is in force. *there_r: is there
 * such a list?
 */
int listfile_read(const char *name, bool draft, struct buf *text,
	bool *there_r, struct err *e);
/* A text as the engine would have it. Errors name list and line. */
int listfile_compile(const char *name, struct span text, struct buf *image,
	struct err *e);

struct listfile_change {
	const char *name;
	const struct span *add, *remove;
	size_t nadd, nremove;
	bool lenient;		/* what is there, or is not, is counted, not
				   an error */
	bool draft;		/* only the file; not put in force */
	const char *who;	/* NULL: publish_who */
};

struct listfile_result {
	size_t added, removed, there, absent;
	bool published;
	struct publish_result generation; /* when it is */
};

/*
 * Changes the file and what is in force, each for itself: what else is new in
 * the draft stays unpublished. One change at a time, whoever asks. A list
 * that is not there is made by adding. Nothing is changed after an error.
 */
int listfile_apply(const struct listfile_change *c,
	struct listfile_result *r, struct err *e);
/* A whole new text; p NULL: the list goes. */
int listfile_replace(const char *name, struct span text, const char *who,
	const char *message, struct listfile_result *r, struct err *e);

#endif
