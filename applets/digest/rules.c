#include "digest.h"

#include <errno.h>
#include <unistd.h>

#include "base/args.h"
#include "base/io.h"
#include "script/script.h"

enum { FILE_MAX = 1 << 20, ENTRIES_MAX = 10000 };

enum kind { TEXT, TEXTS, DAYS, NUMBER };

static const struct key {
	const char *name;
	enum kind kind;
	size_t at, n;		/* in struct digest_rule */
} keys[] = {
#define AT(member) offsetof(struct digest_rule, member)
	{ "days", DAYS, AT(days), AT(ndays) },
	{ "from", TEXT, AT(from), 0 },
	{ "language", TEXT, AT(language), 0 },
	{ "links", NUMBER, AT(links), 0 },
	{ "map", TEXT, AT(map), 0 },
	{ "most", NUMBER, AT(most), 0 },
	{ "name", TEXT, AT(name), 0 },
	{ "reasons", TEXTS, AT(reasons), AT(nreasons) },
	{ "template", TEXT, AT(template), 0 },
	{ "times", TEXTS, AT(times), AT(ntimes) },
	{ "who", TEXTS, AT(who), AT(nwho) },
	{ "zone", TEXT, AT(zone), 0 },
#undef AT
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

struct reader {
	struct digest *d;
	struct script *script;
	struct digest_rule *rule;
	size_t number;		/* of the rule, from 1 */
	struct err *e;
};

static int wrong(const struct reader *r, const char *key, const char *wanted)
{
	return err_set(r->e, ERR_PERMANENT, DIGEST_RULES ": rule %zu: %s: must "
		"be %s", r->number, key, wanted);
}

/* One line of printable text. */
static bool is_text(const struct script_value *v)
{
	if (v->type != SCRIPT_TEXT || v->text.n == 0 || v->text.n > 500)
		return false;
	for (size_t i = 0; i < v->text.n; i++)
		if (v->text.p[i] < ' ' || v->text.p[i] == 0x7f)
			return false;
	return true;
}

static int read_texts(const struct reader *r, const struct key *k,
	const struct script_value *v, void *rule)
{
	size_t n = v->type == SCRIPT_TABLE ?
		script_table_count(r->script, v) : 0;
	struct span *texts;

	if (n == 0 || n > ENTRIES_MAX)
		return wrong(r, k->name, "a list of texts");
	texts = arena_array(r->d->a, n, sizeof(*texts));
	for (size_t i = 0; i < n; i++) {
		struct script_value one = script_table_at(r->script, v, i + 1);

		if (!is_text(&one))
			return wrong(r, k->name, "a list of texts");
		texts[i] = arena_span(r->d->a, one.text);
	}
	*(struct span **)((char *)rule + k->at) = texts;
	*(size_t *)((char *)rule + k->n) = n;
	return 0;
}

static int read_days(const struct reader *r, const struct key *k,
	const struct script_value *v)
{
	size_t n = v->type == SCRIPT_TABLE ?
		script_table_count(r->script, v) : 0;

	if (n == 0 || n > 7)
		return wrong(r, k->name, "a list of days, 1 (Monday) to 7");
	for (size_t i = 0; i < n; i++) {
		struct script_value one = script_table_at(r->script, v, i + 1);

		if (one.type != SCRIPT_INT || one.integer < 1 ||
		    one.integer > 7)
			return wrong(r, k->name, "a list of days, 1 (Monday) "
				"to 7");
		r->rule->days[i] = one.integer;
	}
	r->rule->ndays = n;
	return 0;
}

static int read_number(const struct reader *r, const struct key *k,
	const struct script_value *v)
{
	bool days = k->at == offsetof(struct digest_rule, links);
	int64_t least = days ? 0 : 1;
	int64_t most = days ? DIGEST_LINK_DAYS_MAX : DIGEST_MOST_MAX;

	if (v->type != SCRIPT_INT || v->integer < least || v->integer > most)
		return wrong(r, k->name, arena_printf(r->d->a, "a number from "
			"%d to %d", (int)least, (int)most));
	*(uint64_t *)((char *)r->rule + k->at) = (uint64_t)v->integer;
	return 0;
}

static int read_key(const struct reader *r, const struct key *k,
	const struct script_value *v)
{
	void *rule = r->rule;

	if (k->kind == TEXTS)
		return read_texts(r, k, v, rule);
	if (k->kind == DAYS)
		return read_days(r, k, v);
	if (k->kind == NUMBER) {
		return read_number(r, k, v);
	}
	if (!is_text(v))
		return wrong(r, k->name, "a text");
	*(const char **)((char *)rule + k->at) =
		arena_string(r->d->a, v->text);
	return 0;
}

static int unknown_key(const struct reader *r, struct span name)
{
	const char *names[KEYS], *near;

	for (size_t i = 0; i < KEYS; i++)
		names[i] = keys[i].name;
	near = args_nearest(name, names, KEYS);
	return err_set(r->e, ERR_PERMANENT, DIGEST_RULES ": rule %zu: %.*s: "
		"unknown key%s%s%s", r->number, SPAN_FMT(name), near ?
		"; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int read_keys(const struct reader *r, const struct script_value *t)
{
	struct span name;

	for (size_t i = 0; ; i++) {
		const struct key *k = NULL;
		struct script_value v;

		name = script_table_key(r->script, t, i, r->d->a);
		if (name.n == 0)
			return 0;
		for (size_t j = 0; j < KEYS; j++)
			if (span_is(name, keys[j].name))
				k = &keys[j];
		if (k == NULL)
			return unknown_key(r, name);
		v = script_table_get(r->script, t, k->name);
		if (read_key(r, k, &v) < 0)
			return -1;
	}
}

/* Letters, digits and dashes: it becomes part of a path. */
static bool is_name(const char *s)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (!(s[n] == '-' || (s[n] >= 'a' && s[n] <= 'z') ||
		      (s[n] >= '0' && s[n] <= '9')))
			return false;
	return n > 0 && n <= 40;
}

static bool is_time(struct span s)
{
	uint64_t hour, minute;

	return s.n == 5 && s.p[2] == ':' &&
		span_u64(span_sub(s, 0, 2), 23, &hour) &&
		span_u64(span_after(s, 3), 59, &minute);
}

static bool is_mailbox(const char *s)
{
	struct span all = span_of(s);
	size_t at = span_rchr(all, '@');

	for (size_t i = 0; i < all.n; i++)
		if (all.p[i] <= ' ' || all.p[i] >= 0x7f || all.p[i] == '<' ||
		    all.p[i] == '>')
			return false;
	return at != SIZE_MAX && at > 0 && at + 1 < all.n;
}

static bool is_zone(const char *s)
{
	struct span all = span_of(s);

	for (size_t i = 0; i < all.n; i++)
		if (!(all.p[i] == '/' || all.p[i] == '_' || all.p[i] == '-' ||
		      all.p[i] == '+' || (all.p[i] >= '0' && all.p[i] <= '9') ||
		      (all.p[i] >= 'A' && all.p[i] <= 'Z') ||
		      (all.p[i] >= 'a' && all.p[i] <= 'z')))
			return false;
	return all.n > 0 && all.p[0] != '/' && all.p[0] != '-';
}

static int judge(const struct reader *r)
{
	const struct digest_rule *rule = r->rule;

	if (rule->name == NULL || !is_name(rule->name))
		return wrong(r, "name", "a-z, 0-9 and dashes");
	if (rule->nwho == 0)
		return wrong(r, "who", "there: whom the digests are for");
	for (size_t i = 0; i < rule->ntimes; i++)
		if (!is_time(rule->times[i]))
			return wrong(r, "times", "a list of \"HH:MM\"");
	if (!is_zone(rule->zone))
		return wrong(r, "zone", "a time zone as \"Europe/Berlin\"");
	if (!is_mailbox(rule->from))
		return wrong(r, "from", "an address");
	if (!is_name(rule->language) || !is_name(rule->template))
		return wrong(r, "language and template", "a-z, 0-9 and dashes");
	for (size_t i = 0; i + 1 < r->number; i++)
		if (strcmp(r->d->rules.v[i].name, rule->name) == 0)
			return wrong(r, "name", "another: two rules have it");
	return digest_compose_check(rule, r->e);
}

static void set_defaults(const struct digest *d, struct digest_rule *rule)
{
	static struct span reasons[] = { { (const unsigned char *)"Spam", 4 },
		{ (const unsigned char *)"Blacklisted", 11 } };
	static struct span times[] = { { (const unsigned char *)"07:00", 5 } };

	*rule = (struct digest_rule){ .zone = "UTC", .language = "en",
		.template = "digest", .reasons = reasons, .nreasons = 2,
		.times = times, .ntimes = 1, .most = DIGEST_MOST,
		.links = DIGEST_LINK_DAYS,
		.days = { 1, 2, 3, 4, 5, 6, 7 }, .ndays = 7,
		.from = arena_printf(d->a, "postmaster@%s", d->w.site ?
			d->w.site : "localhost") };
}

static int read_rules(struct reader *r, const struct script_value *t)
{
	struct digest_rules *rules = &r->d->rules;

	if (t->type != SCRIPT_TABLE)
		return err_set(r->e, ERR_PERMANENT, DIGEST_RULES ": must "
			"return a list of rules");
	rules->n = script_table_count(r->script, t);
	rules->v = arena_array(r->d->a, rules->n + 1, sizeof(*rules->v));
	for (size_t i = 0; i < rules->n; i++) {
		struct script_value one = script_table_at(r->script, t, i + 1);

		r->number = i + 1;
		r->rule = &rules->v[i];
		set_defaults(r->d, r->rule);
		if (one.type != SCRIPT_TABLE)
			return wrong(r, "it", "a table");
		if (read_keys(r, &one) < 0 || judge(r) < 0)
			return -1;
	}
	return 0;
}

int digest_rules_parse(struct digest *d, struct span text, struct err *e)
{
	struct reader r = { .d = d, .e = e };
	struct script_value t;
	int result = -1;

	r.script = script_new(NULL, e);
	if (r.script == NULL)
		return -1;
	if (script_run(r.script, DIGEST_RULES, text, &t, e) == 0)
		result = read_rules(&r, &t);
	script_free(&r.script);
	return result;
}

int digest_rules_load(struct digest *d, struct err *e)
{
	struct buf text = { .arena = d->a };

	if (access(DIGEST_RULES, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (io_slurp(DIGEST_RULES, FILE_MAX, &text, e) < 0)
		return -1;
	return digest_rules_parse(d, buf_bytes(&text), e);
}

const struct digest_rule *digest_find(const struct digest *d,
	const char *name, struct err *e)
{
	for (size_t i = 0; i < d->rules.n; i++)
		if (name == NULL || strcmp(d->rules.v[i].name, name) == 0)
			return &d->rules.v[i];
	err_set(e, ERR_PERMANENT, DIGEST_RULES ": %s%s", name ?
		"there is no rule " : "there are no rules", name ? name : "");
	return NULL;
}
