/*
 * Archives, compressed files and disk images, opened in memory: every member
 * of every level with its content, under one budget for the whole message.
 *
 * By libarchive with its built-in formats and filters only: no file, no
 * process, no thread. ZIP's directory is checked by ourselves first. A name
 * of a member is data, never a path. Formats: zip (jar, apk, OOXML, ODF,
 * EPUB …), 7z, rar, tar, cpio, ar, deb, rpm, cab, iso, lha; gzip, bzip2, xz,
 * lzma, lzip, zstd, lz4, compress. What is known but cannot be opened here
 * (arj, ace, wim, vhd, dmg, udf, xar …) is MAIL_UNSCAN_ARCHIVE, never "clean".
 *
 * The process needs 512 MiB of address space at most for one message.
 */
#ifndef MAIL_ARCHIVE_H
#define MAIL_ARCHIVE_H

#include "base/arena.h"
#include "mail/limits.h"
#include "mail/type.h"

/*
 * What is spent, for all archives of a message together; only grows. One per
 * message, archive_budget_begin() before the first walk.
 */
struct archive_budget {
	const struct mail_limits *limits;
	size_t entries, bytes;
	int64_t us;		/* in walks, their visitors included */
	unsigned depth;		/* where the next walk begins; 0 */
};
void archive_budget_begin(struct archive_budget *b,
	const struct mail_limits *l);

/*
 * Once per process, before its sandbox closes and before its first thread:
 * converters of names that the C library loads from files, and TZ, without
 * which it looks for /etc/localtime. In a forked child both are inherited.
 */
void archive_prepare(void);

struct archive_member {
	struct span path;	/* from the outermost archive: "a.zip/b.doc",
				   bytes as they stand there */
	struct span name;	/* the last piece: as this archive has it */
	unsigned depth;		/* 1: in the archive that was given */
	enum type_id container;	/* what it is a member of */
	bool is_file;		/* no folder, link or device */
	uint64_t size;		/* as declared */
	enum type_id type;	/* by content */
	struct span content;	/* during the visit only */
	unsigned flags;		/* mail_flag: MAIL_ENCRYPTED,
				   MAIL_UNSCAN_ARCHIVE: cut or damaged,
				   MAIL_OVER_ARCHIVE: cut by the budget */
};

struct archive_visitor {
	/*
	 * Each member before what is in it. False: do not look into it. Must
	 * not walk itself.
	 */
	bool (*visit)(void *context, const struct archive_member *m);
	void *context;
};

/*
 * All members in the order of the archive. `type` is type_of(content).
 * Returns mail_flag bits: MAIL_OVER_ARCHIVE, MAIL_UNSCAN_ARCHIVE,
 * MAIL_ENCRYPTED, MAIL_AMBIG_ARCHIVE (a ZIP with two contents: the members of
 * all of them are visited). What is no archive has no members and no flags.
 * path: what members' paths begin with, may be empty; paths are in the arena.
 */
unsigned archive_walk(struct span content, enum type_id type,
	struct span path, struct archive_budget *b, struct arena *a,
	const struct archive_visitor *v);

/* Is there a reason to call archive_walk? */
bool archive_is(enum type_id t);

#endif
