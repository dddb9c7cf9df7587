/*
 * Lists of addresses, domains and networks: a text compiled once into a flat
 * image, then looked up in place, with no memory of its own.
 *
 * The text: one entry a line, blanks around it ignored; `#` at the start or
 * behind a blank starts a comment.
 *	user@example.com	this address
 *	example.com @example.com	every address of this domain, this host
 *	.example.com		every sub-domain of it (not itself)
 *	*@*.example.com, spam-*	a glob: * is any run of bytes; with an @ it
 *				is compared with the whole address, else with
 *				the domain or host
 *	192.0.2.1 2001:db8::/32	a host or network
 *	<>			the null sender
 *	!ENTRY			not what ENTRY says: wins over any other
 * Case does not matter anywhere (ASCII).
 *
 * A text whose first line is "#pm type=phrase" has words and phrases instead,
 * one a line, which are looked for in texts (detect/phrases.h).
 */
#ifndef ENGINE_LIST_H
#define ENGINE_LIST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum { LIST_ENTRY_MAX = 512 };

/*
 * Appends the image of a text; name is for messages, which read
 * "NAME:LINE: what".
 */
int list_compile(struct span text, const char *name, struct buf *b,
	struct err *e);

/* How many entries; 0 for what is no image. */
uint32_t list_count(struct span image);
bool list_is_phrases(struct span image);
/* The i-th entry as it was written, in no order of the text. */
bool list_entry(struct span image, uint32_t i, struct span *entry_r);

/*
 * Is the subject (an address, a domain or host name, an IP address; empty or
 * "<>" for the null sender) on the list? *entry_r (may be NULL) is the entry
 * that decided, as it was written; empty when none did. Points into the
 * image.
 */
bool list_match(struct span image, struct span subject, struct span *entry_r);

#endif
