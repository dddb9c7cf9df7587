#include "engine/dnstable.h"

#include "base/args.h"
#include "base/embed.h"
#include "engine/rules.h"
#include "script/script.h"

#define FOLDER "lua/dnslists/"

enum { FILES_MAX = 200, OF_WORDS_MAX = 9 };

struct reader {
	struct script *script;
	struct arena *arena;
	struct dnstable *t;
	const char *file;
	struct span list;	/* its name, for messages */
	struct err *e;
};

static int bad(struct reader *r, const char *what)
{
	if (r->list.n)
		return err_set(r->e, ERR_PERMANENT, "%s: list %.*s: %s",
			r->file, SPAN_FMT(r->list), what);
	return err_set(r->e, ERR_PERMANENT, "%s: %s", r->file, what);
}

static int bad_key(struct reader *r, struct span key, const char *near)
{
	return bad(r, arena_printf(r->arena, "unknown key \"%.*s\"%s%s%s",
		SPAN_FMT(key), near ? ", did you mean \"" : "",
		near ? near : "", near ? "\"?" : ""));
}

/* One text, or each of a list of texts. */
static int each_text(struct reader *r, const struct script_value *v,
	size_t most, int (*use)(struct reader *r, struct span text, void *to),
	void *to)
{
	size_t n = v->type == SCRIPT_TABLE ?
		script_table_count(r->script, v) : 1;

	if (n == 0 || n > most)
		return bad(r, "a list is empty or too long");
	for (size_t i = 1; i <= n; i++) {
		struct script_value t = v->type == SCRIPT_TABLE ?
			script_table_at(r->script, v, i) : *v;

		if (t.type != SCRIPT_TEXT)
			return bad(r, "wants a text or a list of texts");
		if (use(r, t.text, to) < 0)
			return -1;
	}
	return 0;
}

static int add_code(struct reader *r, struct span text, void *to)
{
	struct dnstable_codes *c = to;

	if (dnstable_code_parse(text, &c->v[c->n]))
		return c->n++, 0;
	return bad(r, arena_printf(r->arena, "\"%.*s\" is no answer: write "
		"\"127.0.0.2\", \"127.0.0.4-7\", \"127.0.*.3\" or "
		"\"127.0.0.&8\"", SPAN_FMT(text)));
}

static int read_codes(struct reader *r, const struct script_value *v,
	struct dnstable_codes *c)
{
	c->n = 0;
	c->v = arena_array(r->arena, DNSTABLE_CODES_MAX, sizeof(*c->v));
	return each_text(r, v, DNSTABLE_CODES_MAX, add_code, c);
}

/* --- what a list says of itself ------------------------------------------ */

static int read_text(struct reader *r, const struct script_value *v,
	struct span *text_r)
{
	if (v->type != SCRIPT_TEXT)
		return bad(r, "kind, zone, about, terms, help, hash, test and "
			"clean are texts");
	*text_r = arena_span(r->arena, v->text);
	return 0;
}

static int read_flag(struct reader *r, const struct script_value *v,
	bool *flag_r)
{
	if (v->type != SCRIPT_BOOL)
		return bad(r, "enabled, block, whole and addresses are true "
			"or false");
	*flag_r = v->boolean;
	return 0;
}

static int set_about(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return read_text(r, v, &l->about);
}

static int set_terms(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return read_text(r, v, &l->terms);
}

static int set_help(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return read_text(r, v, &l->help);
}

/* A key in it is any word. */
static int set_zone(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	struct buf name = { .arena = r->arena };

	if (read_text(r, v, &l->zone) < 0)
		return -1;
	for (size_t i = 0; i < l->zone.n; i++)
		if (l->zone.p[i] != '{' && l->zone.p[i] != '}')
			buf_byte(&name, span_lower(l->zone.p[i]));
	if (dnstable_is_zone(buf_bytes(&name)) && (name.n == l->zone.n ||
	    (name.n + 2 == l->zone.n && dnstable_key(l->zone).n)))
		return 0;
	return bad(r, "zone is a name like \"list.example.org\", with a key "
		"\"{key}.list.example.org\"");
}

/* An own point, or false: there is none. */
static int set_point(struct reader *r, const struct script_value *v,
	struct span *point_r)
{
	if (v->type != SCRIPT_BOOL || v->boolean)
		return read_text(r, v, point_r);
	*point_r = SPAN("");
	return 0;
}

static int set_test(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return set_point(r, v, &l->test);
}

static int set_clean(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return set_point(r, v, &l->clean);
}

static int set_enabled(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return read_flag(r, v, &l->enabled);
}

static int set_block(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return read_flag(r, v, &l->block);
}

static int set_whole(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return read_flag(r, v, &l->whole);
}

static int set_addresses(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return read_flag(r, v, &l->addresses);
}

static int set_timeout(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	if (v->type != SCRIPT_INT || v->integer < 1 ||
	    v->integer > DNSTABLE_TIMEOUT_S)
		return bad(r, "timeout is a number of seconds, 1 to 5");
	l->timeout_s = (uint32_t)v->integer;
	return 0;
}

static int set_refused(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	return read_codes(r, v, &l->refused);
}

static int set_kind(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	static const unsigned of[DNSTABLE_KINDS] = { DNSTABLE_RELAY,
		DNSTABLE_SENDER | DNSTABLE_FROM | DNSTABLE_HELO |
		DNSTABLE_RDNS | DNSTABLE_URL | DNSTABLE_MAIL, 0 };
	static const struct { const char *test, *clean; } points[] = {
		[DNSTABLE_IP] = { "127.0.0.2", "127.0.0.1" },
		[DNSTABLE_DOMAIN] = { "test", "invalid" },
		[DNSTABLE_HASH] = { "", "invalid" },
	};
	struct span word;

	if (read_text(r, v, &word) < 0)
		return -1;
	for (size_t i = 0; i < DNSTABLE_KINDS; i++) {
		l->kind = (enum dnstable_kind)i;
		if (!span_is(word, dnstable_kind_name(l->kind)))
			continue;
		l->of = of[i];
		l->test = span_of(points[i].test);
		l->clean = span_of(points[i].clean);
		return 0;
	}
	return bad(r, "kind is \"ip\", \"domain\" or \"hash\"");
}

static int add_of(struct reader *r, struct span word, void *to)
{
	static const unsigned good[DNSTABLE_KINDS] = {
		DNSTABLE_RELAY | DNSTABLE_HOPS,
		DNSTABLE_SENDER | DNSTABLE_FROM | DNSTABLE_HELO |
		DNSTABLE_RDNS | DNSTABLE_URL | DNSTABLE_MAIL,
		DNSTABLE_MAIL | DNSTABLE_FILE };
	struct dnstable_list *l = to;

	for (size_t i = 0; dnstable_of_name(i); i++) {
		if (!span_is(word, dnstable_of_name(i)) ||
		    !(good[l->kind] & 1u << i))
			continue;
		l->of |= 1u << i;
		return 0;
	}
	return bad(r, "of names what such a list knows: relay, hops (ip); "
		"sender, from, helo, rdns, url, mail (domain); mail, file "
		"(hash)");
}

static int set_of(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	l->of = 0;
	return each_text(r, v, OF_WORDS_MAX, add_of, l);
}

static int set_hash(struct reader *r, struct dnstable_list *l,
	const struct script_value *v)
{
	static const char *const names[DNSTABLE_HASHES] = { "sha1",
		"sha1-base32", "sha256-base32" };
	struct span word;

	if (read_text(r, v, &word) < 0)
		return -1;
	for (size_t i = 0; i < DNSTABLE_HASHES; i++) {
		l->hash = (enum dnstable_hash)i;
		if (span_is(word, names[i]))
			return 0;
	}
	return bad(r, "hash is \"sha1\", \"sha1-base32\" or "
		"\"sha256-base32\"");
}

/* `kind` first: what it means by default may be changed behind it. */
static const struct {
	const char *name;
	int (*set)(struct reader *r, struct dnstable_list *l,
		const struct script_value *v);
} keys[] = {
	{ "kind", set_kind }, { "about", set_about },
	{ "addresses", set_addresses }, { "block", set_block },
	{ "clean", set_clean }, { "enabled", set_enabled },
	{ "hash", set_hash }, { "help", set_help }, { "of", set_of },
	{ "refused", set_refused },
	{ "terms", set_terms }, { "test", set_test },
	{ "timeout", set_timeout }, { "whole", set_whole },
	{ "zone", set_zone },
};

enum { KEYS = sizeof(keys) / sizeof(*keys) };

static int check_keys(struct reader *r, const struct script_value *t,
	const char *const *known, size_t n)
{
	struct span key;
	uint64_t number;

	for (size_t i = 0; key = script_table_key(r->script, t, i, r->arena),
	     key.p; i++) {
		size_t k = 0;

		while (k < n && !span_is(key, known[k]))
			k++;
		if (k == n && !span_u64(key, UINT32_MAX, &number))
			return bad_key(r, key, args_nearest(key, known, n));
	}
	return 0;
}

static int read_keys(struct reader *r, const struct script_value *t,
	struct dnstable_list *l)
{
	const char *names[KEYS];

	for (size_t i = 0; i < KEYS; i++)
		names[i] = keys[i].name;
	if (check_keys(r, t, names, KEYS) < 0)
		return -1;
	for (size_t i = 0; i < KEYS; i++) {
		struct script_value v = script_table_get(r->script, t,
			keys[i].name);

		if (v.type != SCRIPT_NIL && keys[i].set(r, l, &v) < 0)
			return -1;
	}
	return 0;
}

/* --- hits ---------------------------------------------------------------- */

static int read_hit(struct reader *r, const struct script_value *t,
	struct dnstable_hit *h)
{
	static const char *const known[] = { "about" };
	struct script_value name, weight, codes, about;

	if (t->type != SCRIPT_TABLE)
		return bad(r, "a hit is a table: { \"NAME\", WEIGHT, "
			"\"127.0.0.2\", about = \"…\" }");
	name = script_table_at(r->script, t, 1);
	weight = script_table_at(r->script, t, 2);
	codes = script_table_at(r->script, t, 3);
	about = script_table_get(r->script, t, "about");
	if (name.type != SCRIPT_TEXT || !rules_is_name(name.text))
		return bad(r, "a hit begins with its name: capitals, digits "
			"and _, at most 40");
	if (weight.type != SCRIPT_INT || weight.integer < -RULES_WEIGHT_MAX ||
	    weight.integer > RULES_WEIGHT_MAX)
		return bad(r, "a hit has a weight, a whole number from -30000 "
			"to 30000");
	if (about.type != SCRIPT_TEXT || about.text.n == 0)
		return bad(r, "a hit has about = \"what it means\"");
	h->name = arena_span(r->arena, name.text);
	h->about = arena_span(r->arena, about.text);
	h->weight = (int32_t)weight.integer;
	return check_keys(r, t, known, 1) < 0 ? -1 :
		read_codes(r, &codes, &h->codes);
}

static int read_hits(struct reader *r, const struct script_value *t,
	struct dnstable_list *l)
{
	size_t n = script_table_count(r->script, t);

	if (n < 2)
		return 0;
	if (n - 1 > DNSTABLE_HITS_MAX)
		return bad(r, "has too many hits");
	l->nhits = n - 1;
	l->hits = arena_array(r->arena, l->nhits, sizeof(*l->hits));
	for (size_t i = 0; i < l->nhits; i++) {
		struct script_value v = script_table_at(r->script, t, i + 2);

		if (read_hit(r, &v, &l->hits[i]) < 0)
			return -1;
	}
	return 0;
}

/* --- lists and files ----------------------------------------------------- */

static bool is_list_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '-' &&
		    !(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return s.n && s.n <= DNSTABLE_NAME_MAX;
}

static int check_list(struct reader *r, const struct dnstable_list *l)
{
	if (l->zone.n == 0 || l->about.n == 0 || l->nhits == 0)
		return bad(r, "is new here, and so wants kind, zone, about "
			"and at least one hit");
	if (l->of == 0)
		return bad(r, "wants of = \"mail\" or \"file\"");
	if (l->block && l->kind != DNSTABLE_IP)
		return bad(r, "only a list of addresses can block");
	return 0;
}

/* The one of that name, or a new one. */
static int find_list(struct reader *r, uint32_t group,
	struct dnstable_list **l_r)
{
	struct dnstable *t = r->t;

	*l_r = (void *)(uintptr_t)dnstable_find(t, r->list);
	if (*l_r)
		return 0;
	if (t->nlists == DNSTABLE_LISTS_MAX)
		return bad(r, "there are too many lists");
	*l_r = &t->lists[t->nlists++];
	(*l_r)->name = r->list;
	(*l_r)->group = group;
	return 0;
}

static int read_list(struct reader *r, const struct script_value *t,
	uint32_t group)
{
	struct script_value name;
	struct dnstable_list *l;

	r->list = SPAN("");
	if (t->type != SCRIPT_TABLE)
		return bad(r, "a list is a table: { \"name\", kind = …, "
			"zone = …, hits… }");
	name = script_table_at(r->script, t, 1);
	if (name.type != SCRIPT_TEXT || !is_list_name(name.text))
		return bad(r, "a list begins with its name: small letters, "
			"digits and -, at most 40");
	r->list = arena_span(r->arena, name.text);
	if (find_list(r, group, &l) < 0 || read_keys(r, t, l) < 0 ||
	    read_hits(r, t, l) < 0)
		return -1;
	return check_list(r, l);
}

/* A file without one is of the group "dnslists". */
static int read_group(struct reader *r, const struct script_value *t,
	uint32_t *group_r)
{
	struct script_value name = script_table_get(r->script, t, "group");
	struct script_value about = script_table_get(r->script, t, "about");
	struct script_value cap = script_table_get(r->script, t, "cap");
	struct span s = name.type == SCRIPT_TEXT ? name.text :
		SPAN("dnslists");
	uint32_t i = 0;

	if ((name.type != SCRIPT_NIL && name.type != SCRIPT_TEXT) ||
	    !is_list_name(s))
		return bad(r, "group is a name: small letters, digits and -");
	if (cap.type != SCRIPT_NIL && (cap.type != SCRIPT_INT ||
	    cap.integer < 1 || cap.integer > RULES_WEIGHT_MAX))
		return bad(r, "cap is a number from 1 to 30000");
	while (i < r->t->ngroups && !span_eq(r->t->groups[i].name, s))
		i++;
	if (i == r->t->ngroups)
		r->t->groups[r->t->ngroups++].name = arena_span(r->arena, s);
	if (about.type == SCRIPT_TEXT)
		r->t->groups[i].about = arena_span(r->arena, about.text);
	if (cap.type == SCRIPT_INT)
		r->t->groups[i].cap = (int32_t)cap.integer;
	*group_r = i;
	return 0;
}

static int read_table(struct reader *r, const struct script_value *t)
{
	static const char *const known[] = { "about", "cap", "group" };
	size_t n = script_table_count(r->script, t);
	uint32_t group = 0;

	r->list = SPAN("");
	if (t->type != SCRIPT_TABLE)
		return bad(r, "does not return a table of DNS lists");
	if (check_keys(r, t, known, 3) < 0 || read_group(r, t, &group) < 0)
		return -1;
	for (size_t i = 1; i <= n; i++) {
		struct script_value v = script_table_at(r->script, t, i);

		if (read_list(r, &v, group) < 0)
			return -1;
	}
	return 0;
}

static int read_file(struct reader *r, const struct rule_file *f)
{
	struct script_value t;
	int result;

	r->file = arena_string(r->arena, f->name);
	r->script = script_new(&script_default_limits, r->e);
	if (r->script == NULL)
		return -1;
	result = script_run(r->script, r->file, f->text, &t, r->e);
	if (result == 0)
		result = read_table(r, &t);
	script_free(&r->script);
	return result;
}

int dnstable_read(const struct rule_file *files, size_t n, struct arena *a,
	struct dnstable *t, struct err *e)
{
	struct reader r = { .arena = a, .t = t, .e = e };

	*t = (struct dnstable){
		.groups = arena_array(a, FILES_MAX + 1, sizeof(*t->groups)),
		.lists = arena_array(a, DNSTABLE_LISTS_MAX,
			sizeof(*t->lists)),
	};
	for (size_t i = 0; i < n && i < FILES_MAX; i++)
		if (read_file(&r, &files[i]) < 0)
			return -1;
	return n <= FILES_MAX ? 0 : err_set(e, ERR_PERMANENT,
		"there are more than %d files of DNS lists", FILES_MAX);
}

int dnstable_read_all(const struct rule_file *site, size_t nsite,
	struct arena *a, struct dnstable *t, struct err *e)
{
	struct rule_file files[FILES_MAX];
	const char *path;
	size_t n = 0;

	while (n < FILES_MAX && (path = embed_name(FOLDER, n)))
		files[n++] = (struct rule_file){ span_of(path),
			embed_file(path) };
	if (n + nsite > FILES_MAX)
		return err_set(e, ERR_PERMANENT, "there are more than %d "
			"files of DNS lists", FILES_MAX);
	for (size_t i = 0; i < nsite; i++)
		files[n++] = site[i];
	return dnstable_read(files, n, a, t, e);
}
