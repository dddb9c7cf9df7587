/*
 * What an import found in somebody else's file: entries for the list, or for
 * users' own parts of it; and what could not be taken, told with its line.
 */
#ifndef LIST_IMPORT_H
#define LIST_IMPORT_H

#include "base/arena.h"
#include "base/span.h"

struct import_entry {
	struct span text, user;	/* user empty: everybody's */
	uint32_t line;
	struct import_entry *next;
};

struct import {
	struct arena *a;
	const char *file;	/* for messages */
	const char *group;	/* --group; NULL: the only one there is */
	bool patterns;		/* the list holds regular expressions */
	struct import_entry *first, **last;
	size_t n, refused;
	const char *why;	/* a file cannot be read: a clause, or NULL */
};

/* One format: reads a whole file. False: this is no such file. */
struct import_format {
	const char *name;
	bool (*read)(struct import *im, struct span text);
};

bool import_plain(struct import *im, struct span text);
bool import_rspamd(struct import *im, struct span text);
bool import_pmg(struct import *im, struct span text);
bool import_mailwatch(struct import *im, struct span text);

/* For those who read. */
void import_take(struct import *im, struct span text, struct span user,
	uint32_t line);
void import_refuse(struct import *im, uint32_t line, struct span text,
	const char *why);

#endif
