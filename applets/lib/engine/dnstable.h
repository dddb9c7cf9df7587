/*
 * DNS lists as data: Lua files that return a table. What a list knows of a
 * message (its relay, domains in it, hashes) is asked once, and each answer
 * is a hit with a weight, negative where the list names good senders.
 *
 *	return {
 *		group = "spamhaus", cap = 7000, about = "…",
 *		{ "spamhaus-zen", kind = "ip", zone = "zen.spamhaus.org",
 *			about = "…", terms = "https://…",
 *			refused = { "127.255.255.*" },
 *			{ "DNS_SBL", 4000, "127.0.0.2", about = "…" },
 *			{ "DNS_XBL", 3500, "127.0.0.4-7", about = "…" } },
 *	}
 *
 * kind	what is asked, and what `of` (one word or several) may name:
 *	ip	addresses (RFC 5782): relay (the default), hops (those before
 *		it in Received fields)
 *	domain	sender, from, helo, rdns, url, mail (addresses in the text and
 *		Reply-To); default: all. The registered domain; whole = true:
 *		the host. Hosts that are addresses: addresses = true
 *	hash	mail (addresses), file (attachments); hash = "sha1",
 *		"sha1-base32" or "sha256-base32", of the address in small
 *		letters, of the file's bytes
 * A hit has NAME, weight in 1/1000 logit, what the list answers (one text or
 * a list of them) and what it means. Of each number of an answer: 4, 4-7, any
 * (*), or a bit that is set (&8). Answers in `refused` say that the list does
 * not serve us; so do 127.255.255.* of any list and what is not in 127.0.0.0/8.
 * All of a group count `cap` together at most: the hit "CAP_GROUP".
 *
 * A list is off unless enabled = true. block = true: the policy may refuse
 * relays on it (relay:blocking_list); help: where they may ask. timeout:
 * seconds until it is LATER (3). test: a thing that is listed, clean: one that
 * is not ("127.0.0.2" and "127.0.0.1" of addresses, "test" and "invalid" of
 * domains, RFC 5782 section 5; of hashes "invalid" only); false: the list has
 * none. "{KEY}" in a zone is a word that the site has from the list
 * (DNSTABLE_KEYS); it is shown nowhere.
 *
 * A later file may name a list again: what it says is changed, the rest
 * stays; hits, if it names any, are replaced.
 */
#ifndef ENGINE_DNSTABLE_H
#define ENGINE_DNSTABLE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/root.h"

/* Lines "KEY WORD"; 0640, of the group that the roles are in. */
#define DNSTABLE_KEYS ROOT_ETC "/dnslist-keys"

enum {
	DNSTABLE_LISTS_MAX = 200,
	DNSTABLE_HITS_MAX = 60,		/* of a list */
	DNSTABLE_CODES_MAX = 20,	/* of a hit */
	DNSTABLE_NAME_MAX = 40,
	DNSTABLE_TIMEOUT_S = 5,		/* the most */
	DNSTABLE_TIMEOUT_USUAL_S = 3,
};

enum dnstable_kind {
	DNSTABLE_IP, DNSTABLE_DOMAIN, DNSTABLE_HASH, DNSTABLE_KINDS
};

enum dnstable_of {
	DNSTABLE_RELAY = 1u << 0, DNSTABLE_HOPS = 1u << 1,
	DNSTABLE_SENDER = 1u << 2, DNSTABLE_FROM = 1u << 3,
	DNSTABLE_HELO = 1u << 4, DNSTABLE_RDNS = 1u << 5,
	DNSTABLE_URL = 1u << 6, DNSTABLE_MAIL = 1u << 7,
	DNSTABLE_FILE = 1u << 8,
};

enum dnstable_hash {
	DNSTABLE_SHA1, DNSTABLE_SHA1_BASE32, DNSTABLE_SHA256_BASE32,
	DNSTABLE_HASHES
};

/* Each number of an answer: from, to, and bits of which one is set. */
struct dnstable_code {
	uint8_t from[4], to[4], bits[4];
};

struct dnstable_codes {
	struct dnstable_code *v;
	size_t n;
};

struct dnstable_hit {
	struct span name, about;
	int32_t weight;
	struct dnstable_codes codes;
};

struct dnstable_list {
	struct span name, zone, about;
	struct span terms, help;	/* of use; for those who are listed */
	struct span test, clean;	/* empty: there is none */
	uint32_t group;
	enum dnstable_kind kind;
	unsigned of;			/* enum dnstable_of */
	enum dnstable_hash hash;
	bool enabled, block, whole, addresses;
	uint32_t timeout_s;		/* 0: DNSTABLE_TIMEOUT_USUAL_S */
	struct dnstable_codes refused;
	struct dnstable_hit *hits;
	size_t nhits;
	/* Of dnstable_open: the zone with its key; empty: that is missing. */
	struct span asked;
};

struct dnstable_group {
	struct span name, about;
	int32_t cap;			/* 0: none */
};

struct dnstable {
	struct dnstable_group *groups;
	size_t ngroups;
	struct dnstable_list *lists;
	size_t nlists;
};

struct rule_file;		/* engine/rules.h */

/* Reads files in order. Errors read "NAME: list X: what". In the arena. */
int dnstable_read(const struct rule_file *files, size_t n, struct arena *a,
	struct dnstable *t, struct err *e);
/* Of the files of the executable (lua/dnslists), then of these. */
int dnstable_read_all(const struct rule_file *site, size_t n,
	struct arena *a, struct dnstable *t, struct err *e);

/* The record that a bundle has. */
void dnstable_put(const struct dnstable *t, struct buf *b);
/* Spans point into the record; an empty one is a table without lists. */
int dnstable_get(struct span record, struct arena *a, struct dnstable *t,
	struct err *e);
/* Puts in the keys: lines "KEY WORD". Bad lines are passed over. */
void dnstable_set_keys(struct dnstable *t, struct span keys,
	struct arena *a);
/* As dnslist_is_zone, but it may begin with "_" ("_file.…"). */
bool dnstable_is_zone(struct span zone);
/* The name of the key that a zone wants; empty: none. */
struct span dnstable_key(struct span zone);

/* The list of that name; NULL. */
const struct dnstable_list *dnstable_find(const struct dnstable *t,
	struct span name);

bool dnstable_code_parse(struct span text, struct dnstable_code *c_r);
bool dnstable_codes_match(const struct dnstable_codes *c,
	const unsigned char answer[4]);
/* "ip", "domain", "hash"; "relay", …, NULL behind the last. */
const char *dnstable_kind_name(enum dnstable_kind kind);
const char *dnstable_of_name(size_t bit);

#endif
