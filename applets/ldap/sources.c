#include "sync.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/args.h"
#include "base/io.h"
#include "script/script.h"

enum { FILE_MAX = 1 << 20, TEXT_MAX = 4000, SERVERS_MAX = 16 };

enum kind { TEXT, NUMBER, SERVERS, ATTRIBUTES, INTO };

static const struct key {
	const char *name;
	enum kind kind;
	size_t at;		/* in struct ldap_source */
	uint64_t most;		/* of a number */
} keys[] = {
#define AT(member) offsetof(struct ldap_source, member)
	{ "attributes", ATTRIBUTES, 0, 0 },
	{ "authorities", TEXT, AT(authorities), 0 },
	{ "base", TEXT, AT(base), 0 },
	{ "bind", TEXT, AT(bind), 0 },
	{ "filter", TEXT, AT(filter), 0 },
	{ "into", INTO, 0, 0 },
	{ "language", TEXT, AT(language), 0 },
	{ "most", NUMBER, AT(most), LDAP_MOST_MAX },
	{ "name", TEXT, AT(name), 0 },
	{ "password", TEXT, AT(password), 0 },
	{ "seconds", NUMBER, AT(seconds), LDAP_SECONDS_MAX },
	{ "servers", SERVERS, 0, 0 },
#undef AT
};

enum { KEYS = sizeof(keys) / sizeof(*keys) };

struct reader {
	struct arena *a;
	struct script *script;
	struct ldap_source *s;
	size_t number;		/* of the source, from 1 */
	struct err *e;
};

static int wrong(const struct reader *r, const char *key, const char *wanted)
{
	return err_set(r->e, ERR_PERMANENT, LDAP_SOURCES ": source %zu: %s: "
		"must be %s", r->number, key, wanted);
}

/* One line. */
static const char *text_of(const struct reader *r,
	const struct script_value *v)
{
	if (v->type != SCRIPT_TEXT || v->text.n == 0 || v->text.n > TEXT_MAX)
		return NULL;
	for (size_t i = 0; i < v->text.n; i++)
		if (v->text.p[i] < ' ' || v->text.p[i] == 0x7f)
			return NULL;
	return arena_string(r->a, v->text);
}

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* All of one kind: what is done about TLS is done once. */
static int read_servers(const struct reader *r, const struct script_value *v)
{
	static const char *const kinds[] = { "ldaps://", "ldap://",
		"ldapi://" };
	static const char wanted[] = "a list of addresses of one kind: "
		"ldaps://HOST, ldap://HOST (with StartTLS) or ldapi://SOCKET";
	size_t n = v->type == SCRIPT_TABLE ?
		script_table_count(r->script, v) : 0;
	struct buf b = { .arena = r->a };
	const char *kind = NULL;

	if (n == 0 || n > SERVERS_MAX)
		return wrong(r, "servers", wanted);
	for (size_t i = 0; i < n; i++) {
		struct script_value one = script_table_at(r->script, v, i + 1);
		const char *s = text_of(r, &one);

		for (size_t k = 0; s && i == 0 && k < 3; k++)
			if (starts(s, kinds[k]))
				kind = kinds[k];
		if (s == NULL || kind == NULL || !starts(s, kind) ||
		    strpbrk(s, " ,"))
			return wrong(r, "servers", wanted);
		buf_printf(&b, "%s%s", i ? " " : "", s);
	}
	r->s->servers = buf_c(&b);
	return 0;
}

static bool is_attribute(const char *s)
{
	for (size_t i = 0; s[i]; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || s[i] == '-' ||
		      (s[i] >= 'A' && s[i] <= 'Z') ||
		      (s[i] >= '0' && s[i] <= '9') || s[i] == '.'))
			return false;
	return s[0] != 0;
}

static int read_attributes(const struct reader *r,
	const struct script_value *v)
{
	size_t n = v->type == SCRIPT_TABLE ?
		script_table_count(r->script, v) : 0;

	if (n == 0 || n > LDAP_ATTRIBUTES_MAX)
		return wrong(r, "attributes", "a list of up to 16 names");
	for (size_t i = 0; i < n; i++) {
		struct script_value one = script_table_at(r->script, v, i + 1);
		const char *s = text_of(r, &one);

		if (s == NULL || !is_attribute(s))
			return wrong(r, "attributes", "a list of names, such "
				"as \"mail\"");
		r->s->attributes[i] = s;
	}
	r->s->nattributes = n;
	return 0;
}

static int read_into(const struct reader *r, const struct script_value *v)
{
	const char *s = text_of(r, v);

	if (s && strcmp(s, "aliases") == 0) {
		r->s->into = LDAP_INTO_ALIASES;
		r->s->target = s;
	} else if (s && starts(s, "list:") && s[5]) {
		r->s->into = LDAP_INTO_LIST;
		r->s->target = s + 5;
	} else if (s && starts(s, "group:") && s[6]) {
		r->s->into = LDAP_INTO_GROUP;
		r->s->target = s + 6;
	} else {
		return wrong(r, "into", "\"list:NAME\", \"group:NAME\" or "
			"\"aliases\"");
	}
	return 0;
}

static int read_key(const struct reader *r, const struct key *k,
	const struct script_value *v)
{
	void *at = (char *)r->s + k->at;
	const char *text;

	if (k->kind == SERVERS)
		return read_servers(r, v);
	if (k->kind == ATTRIBUTES)
		return read_attributes(r, v);
	if (k->kind == INTO)
		return read_into(r, v);
	if (k->kind == NUMBER) {
		if (v->type != SCRIPT_INT || v->integer < 1 ||
		    (uint64_t)v->integer > k->most)
			return wrong(r, k->name, arena_printf(r->a, "a number "
				"from 1 to %d", (int)k->most));
		*(uint64_t *)at = (uint64_t)v->integer;
		return 0;
	}
	text = text_of(r, v);
	if (text == NULL)
		return wrong(r, k->name, "a text");
	*(const char **)at = text;
	return 0;
}

static int unknown_key(const struct reader *r, struct span name)
{
	const char *names[KEYS], *near;

	for (size_t i = 0; i < KEYS; i++)
		names[i] = keys[i].name;
	near = args_nearest(name, names, KEYS);
	return err_set(r->e, ERR_PERMANENT, LDAP_SOURCES ": source %zu: "
		"%.*s: unknown key%s%s%s", r->number, SPAN_FMT(name), near ?
		"; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int read_keys(const struct reader *r, const struct script_value *t)
{
	struct span name;

	for (size_t i = 0; (name = script_table_key(r->script, t, i,
	     r->a)).n; i++) {
		const struct key *k = NULL;
		struct script_value v;

		for (size_t j = 0; j < KEYS; j++)
			if (span_is(name, keys[j].name))
				k = &keys[j];
		if (k == NULL)
			return unknown_key(r, name);
		v = script_table_get(r->script, t, k->name);
		if (read_key(r, k, &v) < 0)
			return -1;
	}
	return 0;
}

/* Small letters, digits and dashes. */
static bool is_name(const char *s)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (!(s[n] == '-' || (s[n] >= 'a' && s[n] <= 'z') ||
		      (s[n] >= '0' && s[n] <= '9')))
			return false;
	return n > 0 && n <= 40;
}

static int judge(const struct reader *r, const struct ldap_source *before)
{
	struct ldap_source *s = r->s;

	if (s->name == NULL || !is_name(s->name))
		return wrong(r, "name", "small letters, digits and dashes");
	for (; before < s; before++)
		if (strcmp(before->name, s->name) == 0)
			return wrong(r, "name", "another one: there are two");
	if (s->servers == NULL || s->base == NULL || s->target == NULL)
		return wrong(r, s->servers == NULL ? "servers" :
			s->base == NULL ? "base" : "into", "there");
	if ((s->bind == NULL) != (s->password == NULL))
		return wrong(r, s->bind ? "password" : "bind", "there: one "
			"needs the other");
	if (s->language && s->into != LDAP_INTO_ALIASES)
		return wrong(r, "language", "away: only aliases have one");
	if (s->language && !is_attribute(s->language))
		return wrong(r, "language", "the name of an attribute");
	s->attributes[s->nattributes] = s->language;
	return 0;
}

static int read_sources(struct reader *r, const struct script_value *t,
	struct ldap_source **v_r, size_t *n_r)
{
	if (t->type != SCRIPT_TABLE)
		return err_set(r->e, ERR_PERMANENT, LDAP_SOURCES ": must "
			"return a list of sources");
	*n_r = script_table_count(r->script, t);
	*v_r = arena_array(r->a, *n_r + 1, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++) {
		struct script_value one = script_table_at(r->script, t, i + 1);

		r->number = i + 1;
		r->s = &(*v_r)[i];
		*r->s = (struct ldap_source){ .filter = "(mail=*)",
			.authorities = LDAP_AUTHORITIES, .most = LDAP_MOST,
			.seconds = LDAP_SECONDS, .attributes = { "mail" },
			.nattributes = 1 };
		if (one.type != SCRIPT_TABLE)
			return wrong(r, "it", "a table");
		if (read_keys(r, &one) < 0 || judge(r, *v_r) < 0)
			return -1;
	}
	return 0;
}

int ldap_sources(struct arena *a, struct ldap_source **v_r, size_t *n_r,
	struct err *e)
{
	struct reader r = { .a = a, .e = e };
	struct buf text = { .arena = a };
	struct script_value t;
	int result = -1;

	*n_r = 0;
	if (access(LDAP_SOURCES, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (io_slurp(LDAP_SOURCES, FILE_MAX, &text, e) < 0)
		return -1;
	r.script = script_new(NULL, e);
	if (r.script == NULL)
		return -1;
	if (script_run(r.script, LDAP_SOURCES, buf_bytes(&text), &t, e) == 0)
		result = read_sources(&r, &t, v_r, n_r);
	script_free(&r.script);
	return result;
}
