/*
 * What a judgement is made with, in one flat record: the policy's files, the
 * lists, and the settings that policy can see. Front builds it from the disk
 * and hands it to the zygote as a sealed memfd; `pm scan` and `pm policy
 * check` build the same one.
 */
#ifndef ENGINE_BUNDLE_H
#define ENGINE_BUNDLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* A key that signs outgoing mail. */
struct bundle_key {
	struct span domain, selector;
	bool ed25519;		/* else RSA */
};

/* The reason of what comes for settings.answers. */
#define BUNDLE_ANSWER "Answer"

/* Settings that travel with the policy; from the wiring. */
struct bundle_settings {
	struct span *networks;	/* internal networks, CIDR texts */
	size_t nnetworks;
	struct span *domains;	/* domains whose mail is ours */
	size_t ndomains;
	bool virus;		/* an engine is wired */
	struct bundle_key *keys; /* active ones; the signer has them */
	size_t nkeys;
	struct span authserv;	/* our name in Authentication-Results (RFC 8601
				   2.5): the site, one for all its appliances;
				   empty: none is written */
	struct span answers;	/* whose mail is an answer to a digest, kept
				   for `pm digest answers` whatever the policy
				   says; empty: nobody */
	struct span feedback;	/* what users taught the content classifier:
				   a record of detect/classifier.h, or empty;
				   no part of what is published */
	struct span dns_keys;	/* words for DNS lists (engine/dnstable.h), or
				   empty; no part of what is published */
	struct span rules, model; /* in place of the executable's own: records
				   of engine/rules.h and detect/classifier.h,
				   of an update (tool/update.h), or empty; no
				   part of what is published */
	const char *compiled;	/* folder of engine/rules_cache.h; NULL */
};

struct bundle_file {
	struct span name, text;	/* "50-default.lua" */
};

struct bundle_list {
	struct span name;	/* "anti-spam-optouts" */
	struct span image;	/* engine/list.h */
};

struct bundle {
	uint64_t generation;	/* its number; a draft's: over UINT32_MAX */
	struct bundle_settings settings;
	struct bundle_file *policy; /* in name order */
	size_t npolicy;
	struct span options;	/* the text of POLICY_DIR/options, or empty */
	struct bundle_file *templates; /* policy/templates/NAME.txt */
	size_t ntemplates;
	struct bundle_list *lists; /* in name order */
	size_t nlists;
	struct span rules;	/* the site's own: a record of engine/rules.h,
				   or empty */
	struct span dnslists;	/* shipped and the site's: a record of
				   engine/dnstable.h, or empty */
	struct span zones;	/* of the host that built it: engine/zone.h */
};

/* A file that a bundle is made of. */
enum bundle_kind {
	BUNDLE_POLICY, BUNDLE_OPTIONS, BUNDLE_TEMPLATE, BUNDLE_LIST,
	BUNDLE_RULES, BUNDLE_DNSLISTS,
};

struct bundle_source {
	enum bundle_kind kind;
	struct span name;	/* "policy/50-x.lua", "policy/options",
				   "policy/templates/x.txt",
				   "policy/rules/x.lua",
				   "policy/dnslists/x.lua", "lists/NAME" */
	const char *path;	/* where it is read */
	bool embedded;		/* … in the executable */
	const char *sha256;	/* hex it must have; NULL: a draft's */
};

struct bundle_sources {
	struct bundle_source *v; /* in name order within a kind */
	size_t n;
	uint64_t generation;	/* its number; 0: a draft, a hash stands in */
};

/*
 * The files of a draft: POLICY_DIR/ *.lua, POLICY_DIR/options,
 * POLICY_DIR/templates/ *.txt, POLICY_DIR/rules/ *.lua,
 * POLICY_DIR/dnslists/ *.lua, LISTS_DIR/ *. A folder that is NULL stands for
 * the files shipped in the executable. Names with a
 * leading dot or # or a trailing ~ are not of it. No *.lua is an error.
 */
int bundle_find_sources(const char *policy_dir, const char *lists_dir,
	struct arena *a, struct bundle_sources *sources_r, struct err *e);
/* What kind a name says; false: none. */
bool bundle_kind_of(struct span name, enum bundle_kind *kind_r);

/*
 * Reads the sources, compiles lists (list.h) and rules (rules.h) and appends
 * the encoded bundle. Errors name file and line.
 */
int bundle_build_from(const struct bundle_settings *s,
	const struct bundle_sources *from, struct buf *b, struct err *e);
/* Both at once: of a draft. */
int bundle_build(const struct bundle_settings *s, const char *policy_dir,
	const char *lists_dir, struct buf *b, struct err *e);

enum { BUNDLE_GENERATION_SIZE = 24 };
/* "generation 7", or of a draft 16 hex digits that its content makes. */
void bundle_generation_name(uint64_t generation,
	char out[BUNDLE_GENERATION_SIZE]);

/* The list of that name; NULL. */
const struct bundle_list *bundle_find_list(const struct bundle *bundle,
	struct span name);

/* Decodes; spans point into record, which must live as long as *bundle_r. */
int bundle_open(struct span record, struct arena *a, struct bundle *bundle_r,
	struct err *e);

#endif
