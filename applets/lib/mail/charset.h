/*
 * Text in the charset it was sent in, as UTF-8.
 *
 * UTF-8, US-ASCII, Latin-1, Windows-1252, UTF-16, UTF-32 and HZ are ours;
 * Latin-1 is read as Windows-1252, as clients do (WHATWG Encoding Standard,
 * whose labels are all known). The other charsets are iconv's converters:
 * shared objects, which a sandbox cannot open, so a process calls
 * charset_open_all() before it closes itself in. Without that they are
 * charsets not known here.
 */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include "base/buf.h"
#include "base/span.h"

/* Opens every converter, once; what the system lacks stays unknown. */
void charset_open_all(void);

/*
 * Adds the text as valid UTF-8 without NUL; what is not of the charset is
 * U+FFFD. False: the charset is not known here; what is valid UTF-8 was kept
 * then, else each byte read as Latin-1.
 */
bool charset_add(struct span text, struct span charset, struct buf *out_r);

/* The same, without a copy when nothing has to change. */
struct span charset_text(struct span text, struct span charset,
	struct arena *a, bool *known_r);

/*
 * Adds UTF-8 in another charset. False: the charset is not known, is one of
 * several bytes a character throughout, or has not all of the characters;
 * out_r may hold a part of it then.
 */
bool charset_write(struct span utf8, struct span charset, struct buf *out_r);

/* The label of a Windows code page ("cp1251"); of one not known 1252's. */
struct span charset_of_codepage(unsigned codepage, struct arena *a);

/* The text of a body, as clients read it. */
struct charset_reading {
	struct span text;	/* as most do */
	struct span other;	/* as others do, one text behind another; empty
				   when all see the same */
	bool known;		/* as charset_add says */
	bool doubt;		/* the label is missing or wrong */
};

/*
 * Judges the label by the text: a byte order mark, UTF-8 under another label,
 * none or a wrong one, escapes of ISO 2022 under no label, UTF-7 (which half
 * of the clients do not read any more), and what an HTML page says of itself
 * (html: s is one). Plain ASCII costs no more than a look at it.
 */
void charset_read(struct span s, struct span charset, bool html,
	struct arena *a, struct charset_reading *r_r);

/* How many bytes at the front are ASCII and not NUL. */
size_t charset_ascii_run(struct span s);

#endif
