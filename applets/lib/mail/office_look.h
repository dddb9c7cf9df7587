/*
 * Looking into documents. Private to filefacts.c, office*.c, ooxml.c, rtf.c
 * and pdf.c: each adds what it sees to a look; what is embedded waits there
 * for its turn, so that nothing calls itself.
 */
#ifndef MAIL_OFFICE_LOOK_H
#define MAIL_OFFICE_LOOK_H

#include "base/buf.h"
#include "base/map.h"
#include "mail/filefacts.h"

/* An object that was found inside; all of it in the arena. */
struct embedded_file {
	struct span content, name, path;
	unsigned depth;
};

struct file_look {
	struct arena *arena;
	struct archive_budget *budget;
	unsigned flags, mail_flags;
	struct span *links;
	size_t nlinks;
	struct map *links_seen;
	struct embedded_file *queue;
	size_t nqueue, queue_cap;
	struct buf scratch;	/* for a moment */
	unsigned targets;	/* fields and targets that were read */
	/* Where the document that is being looked at is. */
	struct span path;
	unsigned depth;
};

/* A target, once; what is longer than a URL can be is cut. */
void look_link(struct file_look *l, struct span target);
/*
 * name may be empty; content is in the arena, as a member of an archive is gone
 * when its turn comes. False: the budget is spent.
 */
bool look_embedded(struct file_look *l, struct span name,
	struct span content);
/* One more field or target to read; false: there were too many. */
bool look_may_read(struct file_look *l);
/* Bytes that a decoder of ours may still give, at most `most`. */
size_t look_room(struct file_look *l, size_t most);
void look_broken(struct file_look *l);
void look_over(struct file_look *l);

/* DDE and HYPERLINK in a field's instruction (ECMA-376 part 1, 17.16). */
void look_field(struct file_look *l, struct span instruction);
/* UTF-16LE as ASCII, other characters as '?'; at most `most` of them. */
struct span look_narrow(struct span wide, unsigned char *out, size_t most);
/* Deflate undone, at most `most` bytes, within the budget: free it. */
struct buf look_inflate(struct file_look *l, struct span packed, size_t most);

void office_look(struct file_look *l, struct span content);
/* A module's or project's stream of VBA. */
void office_look_vba(struct file_look *l, struct span stream);
/* A part of OOXML or ODF, or a flat XML document. */
void ooxml_look(struct file_look *l, struct span name, struct span content);
void rtf_look(struct file_look *l, struct span content);
void pdf_look(struct file_look *l, struct span content);
/* What a table of plain text makes a spreadsheet do. */
void office_look_text(struct file_look *l, struct span content);

#endif
