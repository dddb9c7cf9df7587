/*
 * What the parts of `pm policy check` share: findings, the vocabulary, and
 * what was seen of policies and rules. Private to check*.c and rehearse.c.
 */
#ifndef POLICY_CHECK_H
#define POLICY_CHECK_H

#include "base/map.h"
#include "engine/bundle.h"
#include "engine/engine.h"

/* --- findings ------------------------------------------------------------ */

struct finding {
	struct span file;
	unsigned line;
	bool warning;
	struct span text;
	struct finding *next;
};

struct findings {
	struct arena *arena;
	struct finding *first, **last;
	size_t errors, warnings;
};

void findings_add(struct findings *f, bool warning, struct span file,
	unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/*
 * "FILE:LINE: what" as the engine says it. Left out when an error of that
 * line is known: reading said it before running did.
 */
void findings_add_said(struct findings *f, const char *said);
/* By file and line, one on a line, to stderr. */
void findings_print(struct findings *f);

/* --- the vocabulary ------------------------------------------------------ */

/* What a value is, as far as reading tells. */
struct shape {
	const char *class;	/* "message", "text", "string" (the library),
				   "ipairs" … ; NULL: not known */
	bool list;		/* a list of them */
	bool function;		/* to be called; then it gives this */
	int policy;		/* of class "policy": which; -1 */
	const char *refused;	/* why it cannot be used yet; NULL: it can */
};

struct vocabulary {
	struct arena *arena;
	struct map *members;	/* "message.relay", ".ipairs": struct shape */
	const char **names;	/* the same keys */
	size_t n;
};

/* Of the engine at hand, asked of itself. */
int vocabulary_make(struct arena *a, struct vocabulary *v_r, struct err *e);
/* class NULL: a global. NULL: there is none. */
const struct shape *vocabulary_find(const struct vocabulary *v,
	const char *class, struct span name);
bool vocabulary_has_class(const struct vocabulary *v, const char *class);
/* The nearest name of that class, or NULL. */
const char *vocabulary_nearest(const struct vocabulary *v, const char *class,
	struct span name);

/* --- policies and rules as they are written ------------------------------ */

enum { SEEN_STAGES = STAGE_N + 1 };

struct seen_policy {
	struct span name, file;
	unsigned line;
	bool always, never;	/* what its guard says */
};

struct seen_rule {
	int policy;		/* index; -1: which is not known */
	int stage;		/* enum engine_stage, STAGE_N: content */
	struct span name, file;
	unsigned line;
	bool ends;		/* whatever the mail is */
};

/* A name that stands in a rule: of a DNS list, of an option. */
struct seen_name {
	struct span name, file;
	unsigned line;
};

struct seen {
	struct arena *arena;
	struct seen_policy *policies;
	struct seen_rule *rules;
	struct seen_name *declared, *asked, *options;
	size_t npolicies, nrules, ndeclared, nasked, noptions;
	bool options_made;	/* a name of one is made while it runs */
};

enum { SEEN_MAX = 2000 };	/* of each; more are not looked at */

/* Reads one file: names, lists, loops; adds what it sees to *seen. */
void check_read(const struct bundle *bundle, const struct bundle_file *file,
	const struct vocabulary *v, struct seen *seen, struct findings *f);
/* Options that are set and that nobody reads. */
void check_options(const struct bundle *bundle, const struct seen *seen,
	struct findings *f);
/* What follows from all files together. */
void check_order(const struct seen *seen, struct findings *f);

/*
 * Prints which branches no sample message, no test message of the library's
 * and none of dir/ *.test (library.h) reached. dir NULL: there are none.
 */
int check_cover(const struct bundle *bundle, const struct bundle_settings *s,
	const char *dir, struct arena *a, struct err *e);

/* A world that knows no records and no viruses. */
extern const struct ask check_quiet_world;
/* Asks all rules about sample messages; errors go to f. */
void check_rehearse(struct engine *en, const struct bundle_settings *s,
	struct arena *a, struct findings *f);

#endif
