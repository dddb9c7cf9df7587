/*
 * What is in a file: members of archives, macros, links, embedded objects.
 *
 * What the caller does, for each leaf part of a message:
 *  1. once per process before the sandbox: archive_prepare() (mail/archive.h);
 *  2. once per message: archive_budget_begin(&budget, limits);
 *  3. for each part: filefacts_read(content, type_of(content), &budget,
 *     arena, each, &facts), which costs next to nothing for types that hold
 *     nothing; facts.mail_flags goes to the part's and the message's
 *     mail_flag bits, facts.flags to the part's file_flag bits;
 *  4. a scanner that saw facts.decoded leaves after this message (DESIGN 4).
 *
 * Never fails. All that is returned is in the arena or in content.
 */
#ifndef MAIL_FILEFACTS_H
#define MAIL_FILEFACTS_H

#include "mail/archive.h"

enum file_flag {
	FILE_MACRO = 1u << 0,		/* VBA */
	FILE_AUTOEXEC = 1u << 1,	/* that runs by itself */
	FILE_XL4 = 1u << 2,		/* Excel 4 macro sheet */
	FILE_EMBEDDED = 1u << 3,	/* an OLE object or package inside */
	FILE_EQUATION = 1u << 4,	/* Equation Editor object */
	FILE_DDE = 1u << 5,		/* DDE, DDEAUTO field or formula */
	FILE_EXTERNAL = 1u << 6,	/* template, frame, object elsewhere */
	FILE_ENTITY = 1u << 7,		/* XML with entities of its own */
	FILE_SCRIPT = 1u << 8,		/* JavaScript in a PDF, SVG */
	FILE_OPEN_ACTION = 1u << 9,	/* a PDF acts when opened */
	FILE_LAUNCH = 1u << 10,		/* a PDF starts a program */
	FILE_ATTACHED = 1u << 11,	/* files in a PDF */
	FILE_LINK = 1u << 12,		/* links to the web */
	FILE_ENCRYPTED = 1u << 13,
	FILE_MISFIT = 1u << 14,		/* is several types at once */
	FILE_BROKEN = 1u << 15,		/* ends early, cycles, lies */
	FILE_OVER = 1u << 16,		/* too much to read it all */
	FILE_OBFUSCATED = 1u << 17,	/* names or objects in disguise */
};

/* One thing inside: of an archive, or embedded in a document. */
struct file_member {
	struct span path, name;	/* bytes as they stand there */
	unsigned depth;
	uint64_t size;		/* of the content that was read */
	enum type_id type;
	unsigned flags;		/* file_flag */
	unsigned mail_flags;	/* mail_flag */
	unsigned char sha256[32]; /* of the content; zeros: empty, or cut by
				   the budget */
};

struct file_facts {
	unsigned flags;		/* file_flag, members' included */
	unsigned mail_flags;	/* mail_flag, members' included */
	struct file_member *members;
	size_t nmembers;
	struct span *links;	/* targets, as written, each once */
	size_t nlinks;
	bool decoded;		/* a decoder of somebody else's ran */
};

enum { FILE_LINKS_MAX = 500 };

/*
 * each: NULL, or called with every member and its content while that lives:
 * to read an HTML page or a message that is in an archive.
 */
struct file_each {
	void (*member)(void *context, const struct file_member *m,
		struct span content);
	void *context;
};

void filefacts_read(struct span content, enum type_id type,
	struct archive_budget *b, struct arena *a,
	const struct file_each *each, struct file_facts *facts_r);

/* The i-th word of a set of file_flag bits ("macro"), or NULL. */
const char *filefacts_word(unsigned flags, size_t i);

#endif
