/*
 * libarchive, held short: one format or one filter at a time, over bytes in
 * memory, with a deadline. Private to archive*.c.
 */
#ifndef MAIL_ARCHIVE_OPEN_H
#define MAIL_ARCHIVE_OPEN_H

#include "mail/archive.h"

/* One way to read one span. */
struct archive_pass {
	struct span content;
	enum type_id type;
	bool streamed;		/* a ZIP by its local headers */
	bool names_only;	/* a bomb: its members are not unpacked */
};

struct archive_reader {
	struct archive *lib;
	struct span content;
	size_t at;
	int64_t ends_us;
	bool late;
};

/* In memory that does not move. False: not a format that opens here. */
bool archive_reader_open(struct archive_reader *r,
	const struct archive_pass *p, int64_t ends_us);
void archive_reader_close(struct archive_reader *r);

enum archive_step {
	ARCHIVE_STEP_MEMBER,
	ARCHIVE_STEP_END,
	ARCHIVE_STEP_BROKEN,	/* and there will be no more */
	ARCHIVE_STEP_BAD,	/* this one is not readable, ask again */
	ARCHIVE_STEP_ENCRYPTED,	/* all of it */
};
struct archive_head {
	struct span name;	/* until the next step */
	uint64_t size;
	bool is_file, encrypted;
};
/* a: for a name that had to be converted. */
enum archive_step archive_reader_next(struct archive_reader *r,
	struct arena *a, struct archive_head *h_r);

/* A piece of the member and where it goes; false: the end or *bad_r. */
bool archive_reader_data(struct archive_reader *r, struct span *piece_r,
	uint64_t *at_r, bool *bad_r);

/* Does the stream ask for a window that nobody needs for mail? */
bool archive_window_is_huge(struct span s, enum type_id t);

#endif
