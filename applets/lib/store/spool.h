/*
 * The spool: what must not be lost, on disk before anybody is answered.
 *
 *	spool/tmp/ID	being written (front)
 *	spool/new/ID	committed: the record of one message with everything
 *			that is to be kept of it (front → recorder)
 *	spool/inject/ID-N	one copy to send (recorder, release → injector);
 *			names that start with a dot are not committed yet
 *	spool/bad/	files that could not be read, kept for a person
 *	spool/poison/	the ledger of messages that killed a scanner
 *	spool/journal/	facts of delivered mail (store/journal.h)
 *
 * Commit order: write, fsync, rename tmp → new, fsync new/; then answer. One
 * file is one commit point: all that a message leaves behind is in it. What
 * comes later (quarantine, copies) is made from it and can be made again.
 *
 * A file: magic, header (base/wire.h), message bytes, end mark; a file
 * without its end mark was never committed.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

enum { SPOOL_ARCHIVE_MAX = 40 };	/* of an archive's name */

enum spool_kind {
	SPOOL_QUARANTINE = 1,	/* keep the original for these recipients */
	SPOOL_COPY = 2,		/* send a copy with these splices */
	SPOOL_ARCHIVE = 3,	/* keep the original in archive/REASON: a-z,
				   0-9 and dashes */
};

struct spool_splice {
	uint64_t at, remove;
	struct span insert;
};

/* One thing to keep of a message. */
struct spool_item {
	enum spool_kind kind;
	struct span reason;	/* "Spam" … */
	struct span *rcpts;
	size_t nrcpts;
	struct spool_splice *splices;
	size_t nsplices;
	struct span trace;	/* lines of text: how it was decided */
	bool new_sender;	/* a copy whose envelope's sender is another */
	struct span mail_from;
};

struct spool_record {
	struct id id;
	int64_t received_ms;
	struct span relay_addr, relay_name, helo, mail_from, queue_id;
	struct span subject, header_from; /* decoded, for display */
	struct span message_id;	/* empty in files of the first form */
	struct span words;	/* mail/words.h; empty there, too */
	int32_t score;
	uint8_t probability;
	struct span facts;
	struct spool_item *items;
	size_t nitems;
	struct span body;	/* the message */
	uint64_t body_bytes;	/* its length; set by reading */
};

/* mkdirs with owners and modes, what is there included; for set-up and the
 * recorder's start (as root), and tests. */
int spool_make(struct err *e);

/*
 * Commits a record; the message comes from spool_record.body. Errors are
 * temporary and name the file system. An fsync that failed is never retried
 * on the same file.
 */
int spool_commit(const struct spool_record *r, struct err *e);

/*
 * Removes what was being written when front died; returns how many. For
 * front's start, before its first commit.
 */
int spool_sweep(void);

/* Reads spool/new/NAME (or any file of this form). Spans are in the arena. */
int spool_read(const char *path, struct arena *a, struct spool_record *r_r,
	struct err *e);
/* Everything but the body, whose end mark is still checked. */
int spool_read_head(const char *path, struct arena *a,
	struct spool_record *r_r, struct err *e);
/* What stands before the message in a file, and what behind it. */
void spool_encode(const struct spool_record *r, struct buf *frame);
#define SPOOL_END SPAN("end!")
/* The same back, without the message; spans point into the frame. */
bool spool_decode(struct span frame, struct arena *a,
	struct spool_record *r_r);

/* One copy for the injector: envelope and message, committed like above. */
struct spool_copy {
	char name[ID_TEXT_SIZE + 16];	/* "ID-N": repeated writes are one */
	struct span mail_from;
	struct span *rcpts;
	size_t nrcpts;
	struct span body;
};
int spool_copy_commit(const struct spool_copy *c, struct err *e);
/*
 * The two halves of a commit, for who has to note something in between
 * (store/recover.h): inject/.NAME is safe on disk; then it gets its name.
 */
int spool_copy_write(const struct spool_copy *c, struct err *e);
int spool_copy_publish(const char *name, struct err *e);
int spool_copy_read(const char *path, struct arena *a, struct spool_copy *c_r,
	struct err *e);

/* Applies splices to a body; false when they do not fit it. */
bool spool_splice(struct span body, const struct spool_splice *s, size_t n,
	struct buf *b);

#endif
