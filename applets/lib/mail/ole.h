/*
 * Compound files (MS-CFB): a file system in a file, of Word, Excel,
 * PowerPoint, Outlook messages, installers and VBA projects. Nothing in it is
 * believed: a chain is at most as long as the file has sectors, all streams
 * together give at most OLE_READ_FACTOR times the file.
 */
#ifndef MAIL_OLE_H
#define MAIL_OLE_H

#include "base/arena.h"
#include "base/span.h"

enum { OLE_NAME_MAX = 32, OLE_ENTRIES_MAX = 20000, OLE_READ_FACTOR = 2 };

enum ole_kind { OLE_FREE = 0, OLE_STORAGE = 1, OLE_STREAM = 2, OLE_ROOT = 5 };

struct ole_entry {
	char name[OLE_NAME_MAX + 1];	/* other than ASCII became '?'; a first
					   character below 32 is kept */
	enum ole_kind kind;
	uint32_t left, right, child;
	uint32_t parent;		/* UINT32_MAX: not in the tree */
	const unsigned char *clsid;	/* 16 bytes in the file */
	uint32_t start;
	uint64_t size;
};

struct ole {
	struct span file;
	unsigned shift, mini_shift;	/* sizes of sectors */
	uint32_t sectors;
	uint32_t directory, mini_cutoff, mini_fat;
	bool broken;		/* a cycle, or a chain that leads out */
	size_t read;		/* bytes given so far */
	uint32_t at_index, at_sector;	/* private: of ole_entry */
	uint32_t difat_index, difat_sector;
	struct span mini, mini_table;	/* private: read when needed */
	bool mini_known;
	struct ole_entry *entries;	/* ole_list */
	size_t n;
};

/* False: no compound file. Allocates nothing. */
bool ole_open(struct ole *o, struct span file);

/* The i-th entry of the directory; asked in order it costs little. */
bool ole_entry(struct ole *o, uint32_t i, struct ole_entry *e_r);

/* All entries with their parents, once. */
void ole_list(struct ole *o, struct arena *a);

/* A stream's bytes, at most `most`; may be shorter than it says: broken. */
struct span ole_read(struct ole *o, const struct ole_entry *e, size_t most,
	struct arena *a);

/* The entry of that name (ASCII case aside) in a storage, or NULL. */
const struct ole_entry *ole_find(const struct ole *o, uint32_t parent,
	const char *name);

#endif
