/*
 * Rules and model that came after the executable: one signed file, which
 * stands in place of the executable's own (DESIGN 5; the site's rules and
 * feedback stand above it as before).
 *
 *	"pm update 1\n"
 *	what it is and holds, as a record (base/wire.h)
 *	the id of the key that signed it, 16 hex digits (store/trust.h)
 *	Ed25519 over the SHA-256 of all bytes before the id
 *
 * Nothing of it is looked at before its signature is good, by a key of the
 * executable (lua/update/keys.pub) or of UPDATE_KEYS. An executable newer
 * than the one that made it has newer rules of its own, and passes it over.
 *
 *	UPDATE_DIR/NUMBER	the file
 *	UPDATE_DIR/active	the number in force, then those before it, a
 *				line each; none: the executable's own
 *
 * Written, fsynced, renamed, in that order: a crash leaves the old or the
 * new one. Readers need no lock.
 */
#ifndef TOOL_UPDATE_H
#define TOOL_UPDATE_H

#include "base/root.h"
#include "crypto/sign.h"
#include "engine/bundle.h"

#define UPDATE_DIR ROOT_STATE "/update"
#define UPDATE_KEYS ROOT_ETC "/update.pub"
#define UPDATE_KEYS_OWN "lua/update/keys.pub"

enum {
	UPDATE_FILE_MAX = 16 << 20,
	UPDATE_ABOUT_MAX = 200,
	UPDATE_KEPT = 4,	/* with the active one */
};

struct update {
	uint64_t number;	/* the higher is the newer: 202611231200 */
	int64_t made_s;
	uint32_t maker, needs;	/* base/version.h */
	struct span about;	/* one line for administrators */
	struct span rules;	/* a record of engine/rules.h: with the
				   sources of all patterns */
	struct span model;	/* … of detect/classifier.h */
	struct span key;	/* who signed it; by update_read */
};

/* Appends the file; maker is set. */
int update_make(struct update *u, struct sign_key *k, struct buf *b,
	struct err *e);
/*
 * Proves and decodes one; spans point into file. The root is entered. -1: not
 * signed by a believed key, damaged, or not for this pm. name: for *e.
 */
int update_read(struct span file, const char *name, struct arena *a,
	struct update *u_r, struct err *e);

/* What is in force. */
struct update_state {
	bool active;		/* false: the executable's own rules */
	uint64_t number;	/* of what was loaded last; 0: nothing */
	struct update u;
	bool passed;		/* the executable is newer than that */
	uint64_t before[UPDATE_KEPT]; /* which undo would take */
	size_t nbefore;
	const char *why;	/* one is there, but not used: a sentence;
				   NULL: all is well */
};
int update_state(struct arena *a, struct update_state *s_r, struct err *e);
/*
 * The same for who judges: sets s->rules and s->model where there are some.
 * *why_r: NULL, or what is wrong with it; then the executable's own stand.
 */
void update_settings(struct arena *a, struct bundle_settings *s,
	const char **why_r);

/* The folder, as root, before the power to make it is given up. */
int update_prepare(struct err *e);

enum update_end {
	UPDATE_LIVE,	/* the filter judges by it */
	UPDATE_WAITING,	/* no filter runs here: it takes it at its start */
	UPDATE_TROUBLE,	/* the filter runs, and says why not */
};
struct update_result {
	struct update_state now;
	enum update_end end;
	char why[ERR_TEXT_MAX];	/* of WAITING and TROUBLE */
};
/* What front's trouble with one begins with. */
#define UPDATE_TROUBLE_TEXT "update: "

/*
 * Puts one in force: proved, tried with the site's rules, written, told to
 * the filter, awaited there. Refused when it is not newer than the present
 * one. Spans of *r live in a. For pm update, and for whoever brings one.
 */
int update_load(struct span file, const char *name, struct arena *a,
	struct update_result *r, struct err *e);
/* Back to the one before, or to the executable's own. */
int update_undo(struct arena *a, struct update_result *r, struct err *e);

#endif
