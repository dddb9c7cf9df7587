/*
 * Rules that look for signs of spam, as data: Lua files that return a table,
 * compiled into one record, run over a message in one pass for each kind of
 * text. A rule states a hit with a weight; a group may cap what its hits
 * count together, as a hit of its own, "CAP_GROUP", with a negative weight.
 *
 *	return {
 *		group = "fee", cap = 4000,
 *		about = "strangers who want to share money",
 *		{ "FEE_NEXT_OF_KIN", 900, text = "next of kin",
 *			about = "speaks of a next of kin" },
 *		{ "FEE_WORDS", 1200, least = 3, about = "…",
 *			text = { "million dollars", "beneficiary", … } },
 *		{ "__BULK", header = { "List-Unsubscribe", "." } },
 *		{ "FEE_PRIVATE", 700, all = { "FEE_WORDS" },
 *			none = { "__BULK" }, about = "…" },
 *		{ "SPF_FAIL", 400, fact = true, about = "…" },
 *		brands = { { "PayPal", "paypal.com", "paypal.me" }, … },
 *	}
 *
 * NAME is capitals, digits and "_"; with a leading "__" it is a helper: no
 * hit, no weight. The weight is in 1/1000 logit. What a rule asks is one of:
 *	subject, body, text	patterns (detect/patterns.h), or a list of
 *				them, for the subject, the visible text, or
 *				both; folded (mail/casefold.h), one blank
 *				between words. A line end in a pattern and the
 *				tabs behind it do not count
 *	header = { NAME, P… }	for each field of that name, decoded
 *	url, file		for each link, each file's name, folded
 *	raw			for the first bytes as they came
 *	all, any, none		names of rules that stand before it
 *	fact = true		a hit of that name that a check states; without
 *				a weight it keeps the check's own
 * class = "newsletter" with a rule says of what kind such mail is, spam or not
 * (policy: m.class); the first rule that fits decides.
 * least = N: as many of the patterns (or of `any`) must fit; 1 without it.
 * Brands are names of well-known senders and their organisational domains
 * (engine/phishing.h); those of all files count.
 * A later file may name an earlier rule again: with nothing asked it gives
 * another weight only (0: the hit counts nothing), else it replaces it.
 */
#ifndef ENGINE_RULES_H
#define ENGINE_RULES_H

#include "base/buf.h"
#include "base/err.h"
#include "detect/patterns.h"

enum {
	RULES_MAX = 4000,
	RULES_GROUPS_MAX = 200,
	RULES_NAME_MAX = 40,
	RULES_WEIGHT_MAX = 30000,
	RULES_RAW_MAX = 256 << 10,
	RULES_BRANDS_MAX = 2000,
};

enum rule_kind { RULE_PATTERNS, RULE_META, RULE_FACT, RULE_WEIGHT };

enum rule_in {
	RULE_SUBJECT, RULE_BODY, RULE_TEXT, RULE_HEADER, RULE_URL, RULE_FILE,
	RULE_RAW, RULE_IN_N
};

/* "subject", "body", … */
const char *rule_in_name(enum rule_in in);

/* Capitals, digits and "_", at most RULES_NAME_MAX. */
bool rules_is_name(struct span name);

struct rule {
	struct span name, about, class;
	uint32_t group;
	enum rule_kind kind;
	bool weighed;
	int32_t weight;
	enum rule_in in;
	struct span header;	/* of RULE_HEADER */
	uint32_t npatterns;	/* theirs follow each other in the set */
	uint32_t least;
	struct span *names;	/* all, then any, then none */
	uint32_t nall, nany, nnone;
};

struct rule_group {
	struct span name, about;
	int32_t cap;		/* 0: none */
};

struct rule_brand {
	struct span shown;	/* "PayPal" */
	struct span name;	/* folded */
	struct span like;	/* its skeleton (mail/confusable.h) */
	struct span *domains;
	struct span *labels, *likes; /* their first labels, and skeletons */
	size_t ndomains;
};

struct rule_patterns {
	struct pattern_source *v;
	size_t n;
};

struct ruleset {
	struct rule_group *groups;
	size_t ngroups;
	struct rule *rules;
	size_t nrules;
	struct rule_patterns in[RULE_IN_N];
	struct rule_brand *brands;
	size_t nbrands;
};

struct rule_file {
	struct span name, text;	/* "rules/20-fee.lua" */
};

/* In that order. Errors read "NAME: rule X: what". Lives in the arena. */
int rules_read(const struct rule_file *files, size_t n, struct arena *a,
	struct ruleset *r, struct err *e);

/* Compiles its patterns and appends the record. */
int rules_put(const struct ruleset *r, struct buf *b, struct err *e);
/*
 * Decodes all but the compiled patterns; spans point into the record.
 * compiled_r (RULE_IN_N) are records of patterns_open.
 */
int rules_get(struct span record, struct arena *a, struct ruleset *r,
	struct span *compiled_r, struct err *e);

/*
 * The record of the rules in the executable (lua/rules), in name order. The
 * build makes it; where it has not, they are compiled now, into the arena.
 */
int rules_shipped(struct arena *a, struct span *record_r, struct err *e);

/* The same, if the build has made it. */
struct span rules_embedded(void);

struct rules;
struct facts;

/*
 * Rules ready to run, from records, the later ones above the earlier ones;
 * empty ones are passed over. What was compiled by another library is
 * compiled again. The records must outlive them. One thread at a time.
 */
struct rules *rules_open(const struct span *records, size_t n, struct err *e);
void rules_free(struct rules **r);
size_t rules_count(const struct rules *r);
/* The i-th as it is in force, and its group; false: there is none. */
bool rules_at(const struct rules *r, size_t i, const struct rule **rule_r,
	const struct rule_group **group_r);

/* States the hits; after all checks. */
void rules_run(const struct rules *r, struct facts *f);

#endif
