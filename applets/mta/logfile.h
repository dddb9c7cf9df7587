/*
 * The files of one log: the one that is written to and those that it was
 * before (NAME.1, NAME-20261123; not compressed ones).
 *
 * A file is known by its first line, not by name or inode: so it does not
 * matter whether rotation renames it, or copies it and cuts it down. A
 * position is a number of bytes and a hash of what is before it; where that
 * does not fit, the file is read from its beginning.
 */
#ifndef MTA_LOGFILE_H
#define MTA_LOGFILE_H

#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

enum {
	LOGFILE_MAX = 32,	/* files of a log */
	LOGFILE_CHUNK = 256 << 10,
	LOGFILE_KEY = 16,	/* bytes of the name of a file */
	LOGFILE_HASH = 16,
	LOGFILE_NAME = 256,
};

struct logfile {
	int fd;
	dev_t dev;
	ino_t ino;
	bool current;		/* has the log's own name */
	bool listed;		/* is in the folder still */
	int64_t mtime_ms;
	unsigned char key[LOGFILE_KEY];
	uint64_t size, at;	/* at: the start of a line, all before is
				   read */
	uint64_t placed;	/* `at` as the database has it */
};

/* How far a file was read once. */
struct logplace {
	unsigned char key[LOGFILE_KEY];
	uint64_t at;
	unsigned char before[LOGFILE_HASH];
};

struct logfiles {
	const char *folder, *name;
	struct logfile v[LOGFILE_MAX];	/* the oldest first */
	size_t n;
	struct logplace *places; /* of all files that were read once */
	size_t nplaces;
	unsigned char *chunk;	/* LOGFILE_CHUNK bytes */
	bool fresh;		/* no file was read yet: old ones are left */
};

/* path stays the caller's. */
void logfiles_open(struct logfiles *l, const char *folder, const char *name);
/* Forgets what was read beyond the places, which it takes (malloc'd). */
void logfiles_place(struct logfiles *l, struct logplace *places, size_t n);
/* The database has f->at now. */
void logfiles_placed(struct logfiles *l, struct logfile *f);
/* Looks for new files and growth. Temporary: the folder cannot be read. */
int logfiles_look(struct logfiles *l, struct err *e);
/* Whole lines from f->at on, at most a chunk, in l->chunk; empty: no more. */
struct span logfiles_read(struct logfiles *l, const struct logfile *f);
/* The hash of what is before `at`. */
void logfile_before(const struct logfile *f, uint64_t at,
	unsigned char out[LOGFILE_HASH]);
/* Bytes that are not read yet. */
uint64_t logfiles_left(const struct logfiles *l);

#endif
