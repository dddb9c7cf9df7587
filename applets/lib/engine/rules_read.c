#include "engine/rules.h"

#include <string.h>

#include "base/args.h"
#include "mail/casefold.h"
#include "mail/confusable.h"
#include "script/script.h"

enum { NAMES_MAX = 200, PATTERNS_EACH_MAX = 500 };

static const char *const in_names[] = {
	[RULE_SUBJECT] = "subject", [RULE_BODY] = "body",
	[RULE_TEXT] = "text", [RULE_HEADER] = "header", [RULE_URL] = "url",
	[RULE_FILE] = "file", [RULE_RAW] = "raw",
};

const char *rule_in_name(enum rule_in in)
{
	return in_names[in];
}

struct reader {
	struct script *script;
	struct arena *arena;
	struct ruleset *set;
	const char *file;
	struct err *e;
};

static int bad(struct reader *r, const struct rule *rule, const char *what)
{
	if (rule && rule->name.n)
		return err_set(r->e, ERR_PERMANENT, "%s: rule %.*s: %s",
			r->file, SPAN_FMT(rule->name), what);
	return err_set(r->e, ERR_PERMANENT, "%s: %s", r->file, what);
}

/* Every key with a name is one of known; in arrays all others are numbers. */
static int check_keys(struct reader *r, const struct rule *rule,
	const struct script_value *t, const char *const *known, size_t n)
{
	struct span key;
	uint64_t number;

	for (size_t i = 0; key = script_table_key(r->script, t, i, r->arena),
	     key.p; i++) {
		bool found = span_u64(key, RULES_MAX, &number);
		const char *near;

		for (size_t k = 0; !found && k < n; k++)
			found = span_is(key, known[k]);
		if (found)
			continue;
		near = args_nearest(key, known, n);
		return bad(r, rule, arena_printf(r->arena, "unknown key "
			"\"%.*s\"%s%s%s", SPAN_FMT(key),
			near ? ", did you mean \"" : "", near ? near : "",
			near ? "\"?" : ""));
	}
	return 0;
}

static bool get_text(struct reader *r, const struct script_value *t,
	const char *key, struct span *text_r)
{
	struct script_value v = script_table_get(r->script, t, key);

	*text_r = SPAN("");
	if (v.type == SCRIPT_TEXT)
		*text_r = arena_span(r->arena, v.text);
	return v.type == SCRIPT_TEXT || v.type == SCRIPT_NIL;
}

/* One text, or a list of them from its element `from` on. */
static int get_texts(struct reader *r, const struct rule *rule,
	const struct script_value *v, size_t from, struct span *out,
	uint32_t *n_r)
{
	size_t n = v->type == SCRIPT_TEXT ? 1 :
		script_table_count(r->script, v);

	*n_r = 0;
	if (n < from || n > PATTERNS_EACH_MAX)
		return bad(r, rule, "wants a text or a list of 1 to 500 texts");
	for (size_t i = from; i <= n; i++) {
		struct script_value t = v->type == SCRIPT_TEXT ? *v :
			script_table_at(r->script, v, i);

		if (t.type != SCRIPT_TEXT || t.text.n == 0)
			return bad(r, rule, "there is something that is no "
				"text in a list of texts");
		out[(*n_r)++] = arena_span(r->arena, t.text);
	}
	return 0;
}

/* Long patterns stand on several lines: these and their tabs do not count. */
static struct span joined(struct span pattern, struct arena *a)
{
	struct buf b = { .arena = a };

	if (span_chr(pattern, '\n') == SIZE_MAX)
		return pattern;
	for (size_t i = 0; i < pattern.n; i++) {
		bool starts = i == 0 || pattern.p[i - 1] == '\n';

		while (starts && i < pattern.n && pattern.p[i] == '\t')
			i++;
		if (i < pattern.n && pattern.p[i] != '\n')
			buf_byte(&b, pattern.p[i]);
	}
	return buf_bytes(&b);
}

bool rules_is_name(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'A' && name.p[i] <= 'Z') &&
		    !(name.p[i] >= '0' && name.p[i] <= '9') &&
		    name.p[i] != '_')
			return false;
	return name.n && name.n <= RULES_NAME_MAX;
}

/* --- what it asks -------------------------------------------------------- */

static int add_patterns(struct reader *r, struct rule *rule,
	const struct script_value *v, bool exact)
{
	struct rule_patterns *to = &r->set->in[rule->in];
	bool header = rule->in == RULE_HEADER;
	struct span texts[PATTERNS_EACH_MAX];
	uint32_t n = 0;
	struct script_value name;

	if (header) {
		name = script_table_at(r->script, v, 1);
		if (name.type != SCRIPT_TEXT)
			return bad(r, rule, "header wants { NAME, PATTERN }");
		rule->header = arena_span(r->arena, name.text);
	}
	if (get_texts(r, rule, v, header ? 2 : 1, texts, &n) < 0)
		return -1;
	if (to->n + n > PATTERNS_MAX)
		return bad(r, rule, "there are too many patterns");
	for (uint32_t i = 0; i < n; i++)
		to->v[to->n++] = (struct pattern_source){
			joined(texts[i], r->arena),
			exact ? 0 : PATTERN_CASELESS };
	rule->npatterns = n;
	return 0;
}

/* all, any, none: names of rules that are there. */
static int add_names(struct reader *r, struct rule *rule,
	const struct script_value *t)
{
	static const char *const keys[] = { "all", "any", "none" };
	uint32_t *counts[] = { &rule->nall, &rule->nany, &rule->nnone };
	size_t n = 0;

	rule->names = arena_array(r->arena, NAMES_MAX, sizeof(*rule->names));
	for (size_t k = 0; k < 3; k++) {
		struct span texts[PATTERNS_EACH_MAX];
		struct script_value v = script_table_get(r->script, t,
			keys[k]);

		if (v.type == SCRIPT_NIL)
			continue;
		if (get_texts(r, rule, &v, 1, texts, counts[k]) < 0)
			return -1;
		if (n + *counts[k] > NAMES_MAX)
			return bad(r, rule, "names more than 200 rules");
		for (uint32_t i = 0; i < *counts[k]; i++)
			rule->names[n++] = texts[i];
	}
	return 0;
}

static bool has(struct reader *r, const struct script_value *t,
	const char *key)
{
	return script_table_get(r->script, t, key).type != SCRIPT_NIL;
}

/* Which of the ways to ask it uses: exactly one, or none. */
static int read_question(struct reader *r, struct rule *rule,
	const struct script_value *t)
{
	struct script_value fact = script_table_get(r->script, t, "fact");
	struct script_value exact = script_table_get(r->script, t, "exact");
	unsigned ways = 0;

	rule->kind = RULE_WEIGHT;
	if (fact.type == SCRIPT_BOOL && fact.boolean) {
		rule->kind = RULE_FACT;
		ways++;
	}
	if (has(r, t, "all") || has(r, t, "any")) {
		rule->kind = RULE_META;
		ways++;
		if (add_names(r, rule, t) < 0)
			return -1;
	}
	for (size_t i = 0; i < RULE_IN_N; i++) {
		struct script_value v = script_table_get(r->script, t,
			in_names[i]);

		if (v.type == SCRIPT_NIL)
			continue;
		rule->kind = RULE_PATTERNS;
		rule->in = (enum rule_in)i;
		if (++ways == 1 && add_patterns(r, rule, &v, exact.type ==
				SCRIPT_BOOL && exact.boolean) < 0)
			return -1;
	}
	return ways <= 1 ? 0 : bad(r, rule, "asks in two ways: divide it");
}

static int read_least(struct reader *r, struct rule *rule,
	const struct script_value *t)
{
	struct script_value v = script_table_get(r->script, t, "least");
	uint32_t most = rule->kind == RULE_META ? rule->nany :
		rule->npatterns;

	rule->least = 1;
	if (v.type == SCRIPT_NIL)
		return 0;
	if (v.type != SCRIPT_INT || v.integer < 1 || v.integer > most)
		return bad(r, rule, "least is a number from 1 to how many "
			"there are");
	rule->least = (uint32_t)v.integer;
	return 0;
}

/* --- a rule -------------------------------------------------------------- */

static int read_weight(struct reader *r, struct rule *rule,
	const struct script_value *t)
{
	struct script_value v = script_table_at(r->script, t, 2);

	rule->weighed = v.type != SCRIPT_NIL;
	if (!rule->weighed)
		return 0;
	if (v.type != SCRIPT_INT || v.integer < -RULES_WEIGHT_MAX ||
	    v.integer > RULES_WEIGHT_MAX)
		return bad(r, rule, "the weight is a whole number from -30000 "
			"to 30000");
	rule->weight = (int32_t)v.integer;
	return 0;
}

/* A helper says nothing; whatever people see has a sentence. */
static int check_rule(struct reader *r, const struct rule *rule)
{
	bool helper = span_starts(rule->name, SPAN("__"));

	if (helper && rule->weighed)
		return bad(r, rule, "a helper has no weight");
	if (rule->kind == RULE_WEIGHT && (helper || !rule->weighed))
		return bad(r, rule, "asks nothing and weighs nothing");
	if (!helper && !rule->weighed && rule->kind != RULE_FACT)
		return bad(r, rule, "has no weight: 0 is one, and a helper's "
			"name begins with \"__\"");
	if (!helper && rule->kind != RULE_WEIGHT && rule->about.n == 0)
		return bad(r, rule, "has no about = \"what it means\"");
	return 0;
}

static int read_rule(struct reader *r, const struct script_value *t,
	struct rule *rule)
{
	static const char *const keys[] = { "about", "all", "any", "body",
		"class", "exact", "fact", "file", "header", "least", "none",
		"raw", "subject", "text", "url" };
	struct script_value name = script_table_at(r->script, t, 1);

	*rule = (struct rule){ .group = (uint32_t)r->set->ngroups - 1 };
	if (name.type != SCRIPT_TEXT || !rules_is_name(name.text))
		return bad(r, NULL, "a rule begins with its name: capitals, "
			"digits and _, at most 40");
	rule->name = arena_span(r->arena, name.text);
	if (check_keys(r, rule, t, keys, sizeof(keys) / sizeof(*keys)) < 0 ||
	    read_weight(r, rule, t) < 0 || read_question(r, rule, t) < 0 ||
	    read_least(r, rule, t) < 0)
		return -1;
	if (!get_text(r, t, "about", &rule->about))
		return bad(r, rule, "about is a text");
	if (!get_text(r, t, "class", &rule->class))
		return bad(r, rule, "class is a text");
	return check_rule(r, rule);
}

/* --- a file -------------------------------------------------------------- */

static int read_group(struct reader *r, const struct script_value *t)
{
	static const char *const keys[] = { "about", "brands", "cap",
		"group" };
	struct script_value cap = script_table_get(r->script, t, "cap");
	struct rule_group *g = &r->set->groups[r->set->ngroups];

	if (r->set->ngroups == RULES_GROUPS_MAX)
		return bad(r, NULL, "there are too many groups");
	if (check_keys(r, NULL, t, keys, sizeof(keys) / sizeof(*keys)) < 0)
		return -1;
	if (!get_text(r, t, "group", &g->name) || g->name.n == 0 ||
	    g->name.n > RULES_NAME_MAX || !get_text(r, t, "about", &g->about))
		return bad(r, NULL, "wants group = \"name\" and about = "
			"\"what it is\"");
	if (cap.type != SCRIPT_NIL && (cap.type != SCRIPT_INT ||
	    cap.integer < 1 || cap.integer > RULES_WEIGHT_MAX))
		return bad(r, NULL, "cap is a number from 1 to 30000");
	g->cap = cap.type == SCRIPT_INT ? (int32_t)cap.integer : 0;
	r->set->ngroups++;
	return 0;
}

/* { NAME, DOMAIN… } */
static int read_brand(struct reader *r, const struct script_value *v)
{
	struct rule_brand *b = &r->set->brands[r->set->nbrands];
	struct span texts[PATTERNS_EACH_MAX];
	uint32_t n;

	if (r->set->nbrands == RULES_BRANDS_MAX)
		return bad(r, NULL, "there are too many brands");
	if (v->type != SCRIPT_TABLE)
		return bad(r, NULL, "a brand is { \"Name\", \"domain\", … }");
	if (get_texts(r, NULL, v, 1, texts, &n) < 0)
		return -1;
	b->shown = texts[0];
	b->name = casefold(texts[0], r->arena);
	b->like = confusable_skeleton(texts[0], r->arena);
	b->ndomains = n - 1;
	b->domains = arena_array(r->arena, n, sizeof(*b->domains));
	b->labels = arena_array(r->arena, n, sizeof(*b->labels));
	b->likes = arena_array(r->arena, n, sizeof(*b->likes));
	for (uint32_t i = 1; i < n; i++) {
		b->domains[i - 1] = texts[i];
		b->labels[i - 1] = span_sub(texts[i], 0,
			span_chr(texts[i], '.'));
		b->likes[i - 1] = confusable_skeleton(b->labels[i - 1],
			r->arena);
	}
	r->set->nbrands++;
	return 0;
}

static int read_brands(struct reader *r, const struct script_value *t)
{
	struct script_value all = script_table_get(r->script, t, "brands");
	size_t n = script_table_count(r->script, &all);

	if (all.type != SCRIPT_NIL && all.type != SCRIPT_TABLE)
		return bad(r, NULL, "brands is a list of brands");
	for (size_t i = 1; i <= n; i++) {
		struct script_value v = script_table_at(r->script, &all, i);

		if (read_brand(r, &v) < 0)
			return -1;
	}
	return 0;
}

static int read_table(struct reader *r, const struct script_value *t)
{
	size_t n = script_table_count(r->script, t);

	if (t->type != SCRIPT_TABLE)
		return bad(r, NULL, "does not return a table of rules");
	if (read_group(r, t) < 0 || read_brands(r, t) < 0)
		return -1;
	for (size_t i = 1; i <= n; i++) {
		struct script_value v = script_table_at(r->script, t, i);

		if (v.type != SCRIPT_TABLE)
			return bad(r, NULL, "a rule is a table: { \"NAME\", "
				"WEIGHT, … }");
		if (r->set->nrules == RULES_MAX)
			return bad(r, NULL, "there are too many rules");
		if (read_rule(r, &v, &r->set->rules[r->set->nrules]) < 0)
			return -1;
		r->set->nrules++;
	}
	return 0;
}

static int read_file(struct reader *r, const struct rule_file *f)
{
	struct script_value t;
	int result = -1;

	r->file = arena_string(r->arena, f->name);
	r->script = script_new(&script_default_limits, r->e);
	if (r->script == NULL)
		return -1;
	if (script_run(r->script, r->file, f->text, &t, r->e) == 0)
		result = read_table(r, &t);
	script_free(&r->script);
	return result;
}

int rules_read(const struct rule_file *files, size_t n, struct arena *a,
	struct ruleset *r, struct err *e)
{
	struct reader reader = { NULL, a, r, NULL, e };

	*r = (struct ruleset){
		.groups = arena_array(a, RULES_GROUPS_MAX,
			sizeof(*r->groups)),
		.rules = arena_array(a, RULES_MAX, sizeof(*r->rules)),
		.brands = arena_array(a, RULES_BRANDS_MAX,
			sizeof(*r->brands)),
	};
	for (size_t i = 0; i < RULE_IN_N; i++)
		r->in[i].v = arena_array(a, PATTERNS_MAX,
			sizeof(*r->in[i].v));
	for (size_t i = 0; i < n; i++)
		if (read_file(&reader, &files[i]) < 0)
			return -1;
	return 0;
}
