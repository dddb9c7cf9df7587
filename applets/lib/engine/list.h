/*
 * Lists and maps: a text compiled once into a flat image, then looked up in
 * place, with no memory of its own. An image may be mapped by any number of
 * processes; an entry takes its text and 17 bytes.
 *
 * The text: one entry a line, blanks around it ignored; `#` at the start or
 * behind a blank starts a comment. `!ENTRY` is not what ENTRY says: it wins
 * over any other (not in phrases). ASCII case does not matter anywhere. The
 * first line may say what entries are: `#pm type=TYPE`. Without it:
 *	user@example.com	this address
 *	example.com @example.com	every address of this domain, this host
 *	.example.com		every sub-domain of it (not itself)
 *	*@*.example.com, spam-*	a glob: * is any run of bytes; with an @ it
 *				is compared with the whole address, else with
 *				the domain or host
 *	192.0.2.1 2001:db8::/32	a host or network
 *	<>			the null sender
 * Types (PureMessage's match types, under its names):
 *	is		the whole subject
 *	contains	a part of it
 *	matches		a glob for all of it: * any run, ? one byte (nmatches)
 *	re		a regular expression that fits anywhere in it, case
 *			ignored (detect/pattern.h)
 *	hosts		example.com and its sub-domains, @example.com only
 *			it, .example.com only these; * is a run without dots,
 *			** one with them, ? a byte but no dot; 192.0.2.0/24,
 *			192.0.2.0/255.255.255.0; of an address its domain
 *	domain		as hosts, but names only
 *	mail		user@example.com, example.com, @example.com, user@
 *	email, glob	as without a type, ? is one byte; no networks
 *	phrase		words and phrases for texts (detect/phrases.h)
 *	map		KEY VALUE in each line, the first that fits wins; keys
 *			are as without a type, or `#pm type=map keys=TYPE`
 */
#ifndef ENGINE_LIST_H
#define ENGINE_LIST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "detect/pattern.h"

enum {
	LIST_ENTRY_MAX = 512,		/* bytes of an entry or a key */
	LIST_LINE_MAX = 4000,		/* of a key and its value */
	LIST_PATTERNS_MAX = 2000,	/* regular expressions of a list */
};

enum list_type {
	LIST_MIXED, LIST_IS, LIST_CONTAINS, LIST_MATCHES, LIST_RE, LIST_HOSTS,
	LIST_DOMAIN, LIST_MAIL, LIST_EMAIL, LIST_PHRASE,
	LIST_TYPES,
	LIST_MAP = 1 << 8,	/* a flag beside the keys' type */
};

/*
 * Appends the image of a text; name is for messages, which read
 * "NAME:LINE: what".
 */
int list_compile(struct span text, const char *name, struct buf *b,
	struct err *e);

/* An enum list_type with flag; LIST_MIXED for what is no image. */
unsigned list_type(struct span image);
/* "hosts", "map"; "mixed" without one. */
const char *list_type_name(unsigned type);
/* How many entries; 0 for what is no image. */
uint32_t list_count(struct span image);
bool list_is_phrases(struct span image);
bool list_is_map(struct span image);
/* What an entry of a map stands for. */
struct span list_value(struct span entry);
/*
 * The i-th of the entries that are compared one by one (phrases, globs,
 * regular expressions), as it was written.
 */
bool list_entry(struct span image, uint32_t i, struct span *entry_r);

/*
 * Is the subject (an address, a domain or host name, an IP address; empty or
 * "<>" for the null sender) on the list? *entry_r (may be NULL) is the entry
 * that decided, as it was written; empty when none did. Points into the
 * image. Regular expressions are not looked at: list_look() does.
 */
bool list_match(struct span image, struct span subject, struct span *entry_r);

/* The regular expressions of an image. */
struct list_patterns;
/*
 * Compiles them into arena and room; NULL without any, or (*e is set) where
 * one is wrong: "NAME:LINE: what".
 */
struct list_patterns *list_patterns_new(struct span image, const char *name,
	struct arena *a, struct pattern_room *room, struct err *e);
/* Has the image some? */
bool list_has_patterns(struct span image);

struct list_found {
	struct span entry;	/* that decided; empty: none did */
	uint32_t line;		/* it is in, from 1 */
};

/* The same with patterns (may be NULL) and the line. */
bool list_look(struct span image, const struct list_patterns *patterns,
	struct span subject, struct list_found *found_r);

#endif
