/*
 * The image of a list, as list_compile.c writes it and list.c reads it.
 * Private to them.
 *
 * All numbers are those of base/wire.h:
 *	magic, type, count, nscan, nslots, kinds: u32 each
 *	mask: LIST_MASK_BYTES, the prefix lengths of networks in use
 *	nslots slots: u32, where an entry is, 0: free; open addressing by
 *		list_hash() of its kind and key
 *	nscan of u32: where the entries are that are compared one by one
 *	the entries: kind u8, flags u8, line u32, size of the text u16, where
 *		the key is in it u8, size of the key u16, the text; a network's
 *		key stands behind the text.
 * Places are offsets from the start of the image.
 */
#ifndef ENGINE_LIST_IMAGE_H
#define ENGINE_LIST_IMAGE_H

#include "base/netaddr.h"
#include "engine/list.h"

enum {
	LIST_MAGIC = 0x74736c71,
	LIST_MASK_AT = 24, LIST_MASK_BYTES = 17,
	LIST_HEADER = LIST_MASK_AT + LIST_MASK_BYTES,
	LIST_RECORD = 11,		/* of an entry, before its text */
	LIST_NETWORK_KEY = 1 + 16,	/* bits, address */
};

enum list_kind {
	KIND_WHOLE = 1,		/* the whole subject */
	KIND_LOCAL,		/* an address in any domain: "user@" */
	KIND_DOMAIN,		/* this domain or host */
	KIND_SUB,		/* every sub-domain: ".example.com" */
	KIND_TREE,		/* a domain and every sub-domain */
	KIND_NETWORK,
	KIND_SCAN,		/* from here on: compared one by one */
	KIND_GLOB = KIND_SCAN,	/* the whole subject */
	KIND_GLOB_DOMAIN,
	KIND_HOSTS,		/* the host or a domain that it is in */
	KIND_HOSTS_ANCHORED,	/* the host */
	KIND_CONTAINS,
	KIND_RE,
	KIND_PHRASE,
};

enum { LIST_NEGATIVE = 1, LIST_MARKS = 2 /* ? is any byte */ };

struct list_entry {
	enum list_kind kind;
	unsigned flags;
	uint32_t line;
	struct span key, text;
};

/* ASCII case does not matter, but in a network's key. */
uint32_t list_hash(enum list_kind kind, struct span key);
bool list_same(enum list_kind kind, struct span a, struct span b);
/* An IPv6 address and an IPv4 one never meet: their prefixes differ. */
void list_network_key(const struct netaddr *a, unsigned bits,
	unsigned char key[LIST_NETWORK_KEY]);
/* What is at that place; kind 0 where nothing is. */
struct list_entry list_entry_at(struct span image, uint32_t at);

/* Case is ignored; the pattern is ASCII lower or upper. list_glob.c */
bool list_glob(struct span pattern, struct span s, bool marks);
bool list_hosts_glob(struct span pattern, struct span s);

#endif
