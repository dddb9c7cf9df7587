/*
 * A tag list being written (RFC 6376 section 3.2), folded so that no line is
 * longer than 78 characters (RFC 5322 section 2.1.1) where a piece allows.
 * Folds are CRLF and a tab.
 */
#ifndef MAILAUTH_FOLD_H
#define MAILAUTH_FOLD_H

#include "base/buf.h"
#include "base/span.h"

enum { FOLD_COLUMNS = 78 };

struct fold {
	struct buf *b;
	size_t column;		/* where the next byte goes, from 0 */
};

/* Bytes that stay together; on a new line when this one is full. */
void fold_piece(struct fold *f, struct span piece);
/* " NAME=VALUE;": the blank is left out at a fold. */
void fold_tag(struct fold *f, const char *name, struct span value);
/* " h=a:b:c;", broken before a colon where it must. */
void fold_names(struct fold *f, struct span names);
/* The bytes as base64 (RFC 4648 section 4), broken wherever it must. */
void fold_base64(struct fold *f, struct span bytes);

#endif
