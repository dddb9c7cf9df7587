/*
 * What a file is by its content, whatever its name and Content-Type say.
 *
 * Never fails, reads a bounded number of bytes for the first answer (the
 * beginning, the directory of a ZIP or of an OLE2 container, its stream
 * names), allocates nothing. Sources: the formats' papers, file(1)'s and
 * IANA's lists. The types stand in mail/type.def.
 */
#ifndef MAIL_TYPE_H
#define MAIL_TYPE_H

#include "base/span.h"

enum type_family {
	FAMILY_UNKNOWN,
	FAMILY_PROGRAM,		/* runs, or says what to run */
	FAMILY_SCRIPT,
	FAMILY_ARCHIVE,		/* archives, compressed files, disk images */
	FAMILY_DOCUMENT,
	FAMILY_IMAGE,
	FAMILY_MEDIA,		/* sound and film */
	FAMILY_FONT,
	FAMILY_PAGE,		/* what a browser shows */
	FAMILY_MESSAGE,
	FAMILY_KEY,		/* keys, certificates, signatures */
	FAMILY_TEXT,
	FAMILY_DATA,
	FAMILY_N
};

enum type_id {
	TYPE_UNKNOWN,
#define TYPE(id, word, family, extensions) TYPE_##id,
#include "mail/type.def"
#undef TYPE
	TYPE_N
};

/* The first and strongest reading; TYPE_UNKNOWN: nothing known, or empty. */
enum type_id type_of(struct span content);

/*
 * Every reading, type_of's first: files that are two things at once (a PDF
 * within the first KiB, a ZIP or RAR behind a picture or a program, two
 * ZIPs). Looks at all of the content. Returns how many, at most max.
 */
struct type_found {
	enum type_id type;
	size_t at;		/* where its first byte is */
};
enum { TYPES_MAX = 8 };
size_t types_of(struct span content, struct type_found *out, size_t max);

struct span type_word(enum type_id t);		/* "exe", "" for unknown */
enum type_family type_family(enum type_id t);

/*
 * The type that a file name promises by its last extension, the first of
 * type.def that has it; blanks and dots at the end do not count, as Windows
 * drops them. "Name says picture, content is a program" is:
 * type_family(type_of_name(name)) != type_family(type_of(content)).
 */
enum type_id type_of_name(struct span name);
/* Is the extension one of those usual for the type? */
bool type_fits_name(enum type_id t, struct span name);

/* An archive or a document that is a ZIP inside (docx, odt, jar …). */
bool type_is_zip(enum type_id t);
/* In an OLE2 container (doc, xls, msi, msg …). */
bool type_is_ole(enum type_id t);
/* A document of Office Open XML, by its content types. */
bool type_is_ooxml(enum type_id t);

#endif
