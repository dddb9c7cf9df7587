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
};

struct bundle_file {
	struct span name, text;	/* "50-default.lua" */
};

struct bundle_list {
	struct span name;	/* "anti-spam-optouts" */
	struct span image;	/* engine/list.h */
};

struct bundle {
	uint64_t generation;
	struct bundle_settings settings;
	struct bundle_file *policy; /* in name order */
	size_t npolicy;
	struct span options;	/* the text of POLICY_DIR/options, or empty */
	struct bundle_list *lists; /* in name order */
	size_t nlists;
};

/*
 * Reads POLICY_DIR/ *.lua, POLICY_DIR/options and LISTS_DIR/ * (list.h), and
 * appends the encoded bundle. A folder that is NULL stands for the files
 * shipped in the executable. Names with a leading dot or a trailing ~ are no
 * lists. Errors name file and line. The generation is a hash of the content.
 */
int bundle_build(const struct bundle_settings *s, const char *policy_dir,
	const char *lists_dir, struct buf *b, struct err *e);

/* The list of that name; NULL. */
const struct bundle_list *bundle_find_list(const struct bundle *bundle,
	struct span name);

/* Decodes; spans point into record, which must live as long as *bundle_r. */
int bundle_open(struct span record, struct arena *a, struct bundle *bundle_r,
	struct err *e);

#endif
