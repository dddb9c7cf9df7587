/*
 * The MIME tree of a message (RFC 2045, 2046, 2183, 2231) in all readings.
 *
 * Where clients read differently the first reading (`origin` MIME_ENTITY) is
 * the strict one, and each other reading stands beside it as a further part
 * with origin MIME_READING, which may have children of its own. So whoever
 * looks at all parts looks at the union. What is found inside a text or a
 * container (uuencode, yEnc, BinHex, TNEF) is a child part with its content
 * ready, made by mime_open().
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include "mail/header.h"

enum mime_origin {
	MIME_ENTITY,		/* of the tree as the standards read it */
	MIME_READING,		/* as other clients read the part `instead` */
	MIME_PREAMBLE,		/* what stands before or after the parts of a */
	MIME_EPILOGUE,		/* multipart, when it is more than blanks */
	MIME_EMBEDDED,		/* a file in a text or a TNEF container */
};

struct mime_part {
	struct mime_part *parent, *child, *next;
	enum mime_origin origin;
	struct mime_part *instead; /* of a MIME_READING, else NULL */
	unsigned index, depth;	/* place in parts; the root is 0, depth 0 */
	struct header header;
	struct span raw;	/* header and body */
	struct span body;	/* as transferred */
	struct span type;	/* "text/plain", lower case; the default when
				   the field is missing or unreadable */
	struct span charset;	/* as named, or empty */
	struct span name;	/* file name, decoded UTF-8, or empty */
	struct span *names;	/* all that clients may see, name first */
	size_t nnames;
	struct span disposition; /* "attachment", "inline" or empty */
	enum mime_encoding {
		MIME_7BIT, MIME_8BIT, MIME_BINARY, MIME_BASE64, MIME_QP,
		MIME_UNKNOWN
	} encoding;
	unsigned flags;
	/* private: */
	struct mime_part *last;	/* child */
	struct span own;	/* text without the files in it; NULL: all */
	struct span other;	/* what mime_other_text gives */
	struct span content;	/* what mime_decode gave */
	size_t *decoded;	/* bytes out of all decoders of the message */
	struct span boundary;	/* p is NULL: none */
	unsigned modes, doubts;	/* of mime_tree.h */
};

struct mime {
	struct mime_part *root;
	struct mime_part **parts; /* the root's tree in document order, then
				   what was decoded, and the readings */
	size_t n;
	unsigned flags;		/* of all parts, as the parse left them */
	struct mime_tree *tree;	/* private */
};

/*
 * Never fails. Messages (encoded ones, too), groups of a delivery status and
 * what S/MIME signs are opened. LF ends a line; a bare CR does in a reading.
 * Other readings of the root are parts without parent, too: whoever wants the
 * fields of the message in all readings looks at all parts of depth 0.
 */
void mime_parse(struct span raw, const struct mail_limits *l, struct arena *a,
	struct mime *m_r);

/*
 * Transfer encoding undone, once: at most l->decoded_bytes for all parts of
 * the message together, then a flag of the part. A body that is not encoded
 * is given as it stands.
 */
struct span mime_decode(struct mime_part *p, const struct mail_limits *l,
	struct arena *a);
/*
 * Text of a text part as UTF-8, as most clients show it (charset.h): lines
 * that flow are paragraphs, files in it (mime_open) are left out. Its flags
 * say whether the charset is not known, and whether the label is in doubt.
 */
struct span mime_text(struct mime_part *p, const struct mail_limits *l,
	struct arena *a);
/* After mime_text: the same as clients read it that take another charset; one
 * text behind another, empty when there is no other. Whoever looks for
 * something looks here, too. */
struct span mime_other_text(const struct mime_part *p);

/* Has it a content of its own, even when files in it are its children? */
bool mime_is_leaf(const struct mime_part *p);
/* The same, and it is text. */
bool mime_is_text(const struct mime_part *p);

/*
 * Opens what holds files: decodes texts and containers, and adds their files
 * as child parts of origin MIME_EMBEDDED (of a message: its whole tree). Text
 * that is not part of a file stays the part's own. Once, after mime_parse,
 * within its limits and in its arena.
 */
void mime_open(struct mime *m);

#endif
