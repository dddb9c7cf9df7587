/*
 * The directory of a ZIP (APPNOTE.TXT 6.3.10, 4.3), read by ourselves: what a
 * library does not tell is whether there are two directories, whether the
 * headers before the members say the same as the directory, and whether
 * members share their bytes. Zero copy, no allocation; spans point into file.
 */
#ifndef MAIL_ARCHIVE_ZIP_H
#define MAIL_ARCHIVE_ZIP_H

#include "base/arena.h"
#include "base/span.h"

struct zip {
	struct span file;
	size_t base;		/* where the archive begins in file */
	size_t directory, size;	/* in file */
	size_t end;		/* behind the end record and its comment */
	uint64_t entries;	/* as the end record says */
};

struct zip_entry {
	struct span name;
	uint16_t flags, method;	/* bit 0: encrypted */
	uint32_t crc;
	uint64_t packed, size;
	size_t at;		/* of its local header in file */
};

/* The last archive whose end record lies before `end`. False: none. */
bool zip_find(struct span file, size_t end, struct zip *z_r);

/* The member at *at, which starts as z->directory and is moved on. */
bool zip_next(const struct zip *z, size_t *at, struct zip_entry *e_r);

/* The name that the header before the member has; empty: there is none. */
struct span zip_local_name(struct span file, const struct zip_entry *e);

/* Of a member that is stored or deflated, at most max bytes; how many. */
size_t zip_peek(struct span file, const struct zip_entry *e,
	unsigned char *out, size_t max);

enum zip_doubt {
	ZIP_DIFFERS = 1u << 0,	/* local header and directory differ */
	ZIP_OVERLAPS = 1u << 1,	/* members share bytes */
	ZIP_HIDDEN = 1u << 2,	/* a member that the directory lacks */
	ZIP_AROUND = 1u << 3,	/* bytes before or behind, or a second one */
	ZIP_ENCRYPTED = 1u << 4,
	ZIP_BROKEN = 1u << 5,	/* the directory ends early or points out */
};
/* What is doubtful; at most `most` members are compared. */
unsigned zip_check(const struct zip *z, size_t most, struct arena *a);

/* Raw deflate or, with `zlib`, RFC 1950: as much as fits; how many bytes. */
size_t zip_inflate(struct span packed, bool zlib, unsigned char *out,
	size_t max);

#endif
