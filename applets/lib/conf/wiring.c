#include "conf/wiring.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/args.h"
#include "base/io.h"
#include "base/log.h"
#include "base/netaddr.h"
#include "base/root.h"
#include "base/utf8.h"
#include "script/script.h"

enum { FILE_MAX = 1024 * 1024, KEYS_MAX = 32 };

/* Checks one text; the sentence says what it should be. */
struct form {
	bool (*ok)(struct span s);
	const char *what;
};

enum kind { TEXT, LIST, NUMBER };

/* One key: reader, writer and defaults all follow this table. */
struct key {
	const char *name;
	enum kind kind;
	size_t at, count_at;	/* offsets in struct wiring */
	const struct form *form;
	const char *normally;	/* default; of a list: blanks between */
	uint64_t number, least;	/* NUMBER: default and smallest value */
	const char *comment;
};

/* Keys of one table in the file. */
struct section {
	const char *name;	/* NULL: the file itself */
	const char *role;	/* always written for this role */
	const struct key *keys;	/* ends with a NULL name */
};

/* A file that is being read. */
struct reader {
	const char *file;
	struct script *script;
	struct arena *arena;
	struct wiring *w;
	const struct section *section;
	struct err *e;
};

static bool is_name_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Names joined by dots. */
static bool is_host(struct span s)
{
	struct span rest = s, label;

	if (s.n == 0 || s.n > 253 || s.p[s.n - 1] == '.')
		return false;
	while (span_cut(&rest, '.', &label)) {
		if (label.n == 0 || label.n > 63 || label.p[0] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!is_name_byte(label.p[i]))
				return false;
	}
	return true;
}

static bool is_role(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 'a' || s.p[i] > 'z')
			return false;
	return s.n > 0 && s.n < 32;
}

static bool is_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && utf8_valid(s);
}

static bool is_network(struct span s)
{
	struct cidr c;

	return cidr_parse(s, &c);
}

static bool is_address(struct span s)
{
	struct netaddr a;

	return netaddr_parse(s, &a);
}

static bool is_address_port(struct span s)
{
	struct netaddr a;
	struct span host;
	uint16_t port;

	return netaddr_split_port(s, &host, &port) && netaddr_parse(host, &a);
}

/* What comes in there is not filtered: nobody else may reach it. */
static bool is_loopback_port(struct span s)
{
	struct netaddr a;
	struct span host;
	uint16_t port;

	return netaddr_split_port(s, &host, &port) &&
		netaddr_parse(host, &a) && netaddr_is_loopback(&a);
}

static bool is_host_port(struct span s)
{
	struct netaddr a;
	struct span host;
	uint16_t port;

	return netaddr_split_port(s, &host, &port) &&
		(netaddr_parse(host, &a) || is_host(host));
}

static bool is_kind(struct span s)
{
	return span_is(s, "postfix") || span_is(s, "sendmail") ||
		span_is(s, "external");
}

/* A path that stays where it points: no "..", nothing that needs quotes. */
static bool is_path(struct span s)
{
	struct span rest = s, part;

	while (span_cut(&rest, '/', &part))
		if (span_is(part, ".."))
			return false;
	return is_text(s) && s.p[s.n - 1] != '/';
}

static bool is_inet(struct span s)
{
	return span_starts(s, SPAN("inet:")) &&
		is_address_port(span_after(s, 5));
}

static bool is_socket(struct span s)
{
	return is_inet(s) || (span_starts(s, SPAN("unix:")) &&
		is_path(span_after(s, 5)));
}

static bool is_clamd(struct span s)
{
	return span_is(s, WIRING_OWN) || is_socket(s);
}

static bool is_icap(struct span s)
{
	struct span address;
	uint16_t port;

	return netaddr_split_url(s, SPAN("icap"), &address, &port);
}

static bool is_engine(struct span s)
{
	return span_is(s, "clamd") || span_is(s, "icap");
}

/* It becomes a word of freshclam's configuration. */
static bool is_url(struct span s)
{
	struct span rest = span_after(s, span_starts(s, SPAN("https://")) ? 8 :
		span_starts(s, SPAN("http://")) ? 7 : s.n);

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' ||
		    s.p[i] == '#')
			return false;
	return rest.n > 0 && rest.p[0] != '/';
}

/* A server by name, nothing behind: a path is put to it. */
static bool is_https(struct span s)
{
	struct span host = span_after(s, 8), rest;
	uint16_t port;

	return span_starts(s, SPAN("https://")) && (is_host(host) ||
		(netaddr_split_port(host, &rest, &port) && is_host(rest)));
}

static bool is_mirror(struct span s)
{
	return is_host(s) || is_url(s);
}

/* A folder that nobody climbs out of. */
static bool is_absolute(struct span s)
{
	return s.n > 1 && s.p[0] == '/' && s.p[s.n - 1] != '/' &&
		span_find(s, SPAN("/../")) == SIZE_MAX && is_text(s);
}

static bool is_own_socket(struct span s)
{
	return is_socket(s) && !span_starts(s, SPAN("unix:/"));
}

/* For a header and an envelope: nothing that needs quotes. */
static bool is_mail_address(struct span s)
{
	size_t at = span_rchr(s, '@');

	for (size_t i = 0; at != SIZE_MAX && i < at; i++)
		if (!is_name_byte(s.p[i]) && strchr(".+=", s.p[i]) == NULL)
			return false;
	return at != SIZE_MAX && at > 0 && at <= 64 &&
		is_host(span_after(s, at + 1));
}

static const struct form
	text = { is_text, "a line of text" },
	host = { is_host, "a host or domain name" },
	role = { is_role, "a role such as \"filter\"" },
	network = { is_network, "a network such as \"10.0.0.0/8\"" },
	address = { is_address, "an address, such as \"192.0.2.1\" or "
		"\"0.0.0.0\"" },
	address_port = { is_address_port, "ADDRESS:PORT, such as "
		"\"127.0.0.1:25\" or \"[::1]:25\"" },
	loopback_port = { is_loopback_port, "a loopback ADDRESS:PORT, such as "
		"\"127.0.0.1:10026\"" },
	host_port = { is_host_port, "HOST:PORT, such as "
		"\"mail.example.org:25\"" },
	kind = { is_kind, "\"postfix\", \"sendmail\" or \"external\"" },
	own_socket = { is_own_socket, "\"unix:PATH\" below the root or "
		"\"inet:ADDRESS:PORT\"" },
	clamd_at = { is_clamd, "\"own\", \"unix:PATH\" or "
		"\"inet:ADDRESS:PORT\"" },
	icap = { is_icap, "\"icap://ADDRESS:PORT/SERVICE\", the "
		"address a number" },
	engine = { is_engine, "\"clamd\" or \"icap\"" },
	mail_address = { is_mail_address, "an address such as "
		"\"ops@example.net\"" },
	mirror = { is_mirror, "a host, a URL (\"https://...\") or "
		"\"none\"" },
	https = { is_https, "\"https://HOST\" or \"https://HOST:PORT\"" },
	url = { is_url, "a URL, \"https://...\"" },
	absolute = { is_absolute, "an absolute path" };

#define AT(field) .at = offsetof(struct wiring, field)
#define LIST_AT(prefix, field) .kind = LIST, AT(prefix field), \
	.count_at = offsetof(struct wiring, prefix n##field)

static const struct key site_keys[] = {
	{ "name", AT(name), .form = &host,
		.comment = "this appliance" },
	{ "site", AT(site), .form = &host,
		.comment = "what all appliances serve" },
	{ "roles", LIST_AT(, roles), .form = &role,
		.comment = "what it does" },
	{ "csm", AT(csm), .form = &host_port,
		.comment = "the CSM, in a site of many appliances" },
	{ "networks", LIST_AT(, networks), .form = &network,
		.normally = "127.0.0.0/8 ::1/128", .comment = "internal" },
	{ "domains", LIST_AT(, domains), .form = &host,
		.comment = "mail that ends here" },
	{ "mailboxes", .kind = NUMBER, AT(mailboxes),
		.comment = "declared, for judging a plan" },
	{ "resolver", AT(resolver), .form = &address_port,
		.comment = "default: the host's" },
	{ 0 },
}, mta_keys[] = {
	{ "kind", AT(mta.kind), .form = &kind,
		.comment = "postfix, sendmail or external" },
	{ "listen", LIST_AT(mta., listen), .form = &address_port,
		.normally = "0.0.0.0:25" },
	{ "reinject", AT(mta.reinject), .form = &loopback_port,
		.normally = "127.0.0.1:10026",
		.comment = "unfiltered, loopback only" },
	{ "relay_host", AT(mta.relay_host), .form = &host_port,
		.comment = "takes mail for other domains" },
	{ "message_size_limit", .kind = NUMBER, AT(mta.message_size_limit),
		.number = 52428800, .least = 1, .comment = "bytes" },
	{ "recipient_limit", .kind = NUMBER, AT(mta.recipient_limit),
		.number = 1000, .least = 1, .comment = "of one message" },
	{ "log", AT(mta.log), .form = &absolute,
		.comment = "default: our own Postfix's" },
	{ 0 },
}, filter_keys[] = {
	{ "listen", LIST_AT(filter., listen), .form = &own_socket,
		.normally = "unix:run/pm/milter.sock",
		.comment = "where MTAs bring mail" },
	{ "clamd", AT(filter.clamd), .form = &clamd_at,
		.comment = "the virus scanner; \"own\": run by the filter" },
	{ "icap", AT(filter.icap), .form = &icap,
		.comment = "another virus scanner" },
	{ "optional", LIST_AT(filter., optional), .form = &engine,
		.comment = "judged without it while it is silent" },
	{ "mirror", AT(filter.mirror), .form = &mirror,
		.normally = "database.clamav.net",
		.comment = "of our own clamd's signatures, or \"none\"" },
	{ "proxy", AT(filter.proxy), .form = &host_port,
		.comment = "to the mirror" },
	{ "signatures", LIST_AT(filter., signatures), .form = &url,
		.comment = "URLs of more of them" },
	{ "signature_days", .kind = NUMBER, AT(filter.signature_days),
		.number = 3, .least = 1,
		.comment = "older ones are a trouble" },
	{ "concurrency", .kind = NUMBER, AT(filter.concurrency),
		.number = 128, .least = 1, .comment = "messages at a time" },
	{ "memory_mb", .kind = NUMBER, AT(filter.memory_mb),
		.comment = "for mail in flight; 0: an eighth of the RAM" },
	{ 0 },
}, db_keys[] = {
	{ "connection", AT(database), .form = &text,
		.comment = "a database elsewhere (libpq)" },
	{ "listen", LIST_AT(, db_listen), .form = &address,
		.comment = "our own, for other appliances, port 5432" },
	{ 0 },
}, web_keys[] = {
	{ "csm", AT(web_csm), .form = &address_port,
		.normally = "0.0.0.0:18080",
		.comment = "administrators' pages" },
	{ 0 },
}, enduser_keys[] = {
	{ "listen", AT(enduser_listen), .form = &address_port,
		.normally = "0.0.0.0:28443",
		.comment = "people's pages" },
	{ "url", AT(enduser_url), .form = &https,
		.comment = "as people write it, for digests' links" },
	{ "reply", AT(enduser_reply), .form = &mail_address,
		.comment = "takes answers to digests" },
	{ 0 },
}, alarms_keys[] = {
	{ "webhook", AT(alarms.webhook), .form = &url,
		.comment = "is told of alarms by POST of JSON" },
	{ "mail", LIST_AT(alarms., mail), .form = &mail_address,
		.comment = "who is told of alarms" },
	{ "relay", AT(alarms.relay), .form = &host_port,
		.comment = "takes that mail; not our own MTA" },
	{ 0 },
};

static const struct section sections[] = {
	{ NULL, NULL, site_keys }, { "mta", "mta", mta_keys },
	{ "filter", "filter", filter_keys }, { "db", NULL, db_keys },
	{ "web", "csm", web_keys },
	{ "enduser", "enduser", enduser_keys }, { "alarms", NULL, alarms_keys },
};

enum { SECTIONS = sizeof(sections) / sizeof(*sections) };

static const char **text_of(struct wiring *w, const struct key *k)
{
	return (const char **)((char *)w + k->at);
}

static const char ***list_of(struct wiring *w, const struct key *k)
{
	return (const char ***)((char *)w + k->at);
}

static size_t *count_of(struct wiring *w, const struct key *k)
{
	return (size_t *)((char *)w + k->count_at);
}

static uint64_t *number_of(struct wiring *w, const struct key *k)
{
	return (uint64_t *)((char *)w + k->at);
}

static void set_default(struct wiring *w, const struct key *k,
	struct arena *a)
{
	struct span rest = span_of(k->normally ? k->normally : ""), one;
	const char **v;

	if (k->kind == NUMBER) {
		*number_of(w, k) = k->number;
	} else if (k->kind == TEXT) {
		*text_of(w, k) = k->normally;
	} else {
		v = arena_array(a, rest.n + 1, sizeof(*v));
		*list_of(w, k) = v;
		*count_of(w, k) = 0;
		while (span_cut(&rest, ' ', &one))
			v[(*count_of(w, k))++] = arena_string(a, one);
	}
}

static void set_defaults(struct wiring *w, struct arena *a)
{
	*w = (struct wiring){ 0 };
	for (size_t i = 0; i < SECTIONS; i++)
		for (const struct key *k = sections[i].keys; k->name; k++)
			set_default(w, k, a);
}

/* "mta.listen" */
static const char *path_of(const struct reader *r, const char *key)
{
	if (r->section->name == NULL)
		return key;
	return arena_printf(r->arena, "%s.%s", r->section->name, key);
}

/* The value has the wrong type. */
static int mistyped(const struct reader *r, const char *path,
	const char *wanted, const struct script_value *v)
{
	return err_set(r->e, ERR_PERMANENT, "%s: %s: must be %s, not a %s",
		r->file, path, wanted, script_type_name(v->type));
}

static int read_text(const struct reader *r, const char *path,
	const struct form *form, const struct script_value *v,
	const char **text_r)
{
	if (v->type != SCRIPT_TEXT)
		return mistyped(r, path, "a text", v);
	if (!form->ok(v->text))
		return err_set(r->e, ERR_PERMANENT,
			"%s: %s: \"%.*s\" is not %s", r->file, path,
			v->text.n > 100 ? 100 : (int)v->text.n,
			(const char *)v->text.p, form->what);
	*text_r = arena_string(r->arena, v->text);
	return 0;
}

static int read_list(const struct reader *r, const char *path,
	const struct key *k, const struct script_value *v)
{
	size_t n = script_table_count(r->script, v);
	const char **list = arena_array(r->arena, n + 1, sizeof(*list));

	/* A key behind the n that count means that not all are 1 to n. */
	if (v->type != SCRIPT_TABLE ||
	    script_table_key(r->script, v, n, r->arena).n)
		return mistyped(r, path, "a list of texts, as in { \"a\", "
			"\"b\" }", v);
	for (size_t i = 0; i < n; i++) {
		struct script_value one = script_table_at(r->script, v, i + 1);
		const char *at = arena_printf(r->arena, "%s[%zu]", path,
			i + 1);

		if (read_text(r, at, k->form, &one, &list[i]) < 0)
			return -1;
	}
	*list_of(r->w, k) = list;
	*count_of(r->w, k) = n;
	return 0;
}

static int read_number(const struct reader *r, const char *path,
	const struct key *k, const struct script_value *v)
{
	if (v->type != SCRIPT_INT && v->type != SCRIPT_REAL)
		return mistyped(r, path, "a whole number", v);
	if (v->type == SCRIPT_REAL || v->integer < (int64_t)k->least)
		return err_set(r->e, ERR_PERMANENT, "%s: %s: must be a whole "
			"number of at least %llu", r->file, path,
			(unsigned long long)k->least);
	*number_of(r->w, k) = (uint64_t)v->integer;
	return 0;
}

static int read_key(const struct reader *r, const struct key *k,
	const struct script_value *v)
{
	const char *path = path_of(r, k->name);

	switch (k->kind) {
	case TEXT:
		return read_text(r, path, k->form, v, text_of(r->w, k));
	case LIST:
		return read_list(r, path, k, v);
	case NUMBER:
		return read_number(r, path, k, v);
	}
	return 0;
}

static int unknown_key(const struct reader *r, struct span name)
{
	const char *names[KEYS_MAX], *near, *path;
	size_t n = 0;

	for (const struct key *k = r->section->keys; k->name; k++)
		names[n++] = k->name;
	for (size_t i = 0; r->section->name == NULL && i < SECTIONS; i++)
		if (sections[i].name)
			names[n++] = sections[i].name;
	near = args_nearest(name, names, n);
	path = path_of(r, arena_string(r->arena, name));
	if (near == NULL)
		return err_set(r->e, ERR_PERMANENT, "%s: %s: unknown key",
			r->file, path);
	return err_set(r->e, ERR_PERMANENT, "%s: %s: unknown key; did you "
		"mean \"%s\"?", r->file, path, near);
}

static const struct key *find_key(const struct section *s, struct span name)
{
	for (const struct key *k = s->keys; k->name; k++)
		if (span_is(name, k->name))
			return k;
	return NULL;
}

/* The key of "mta.listen" or "name"; our own callers know which there are. */
static const struct key *key_of_path(struct span path)
{
	size_t dot = span_chr(path, '.');
	struct span name = dot == SIZE_MAX ? path : span_after(path, dot + 1);

	for (size_t i = 0; i < SECTIONS; i++) {
		const char *section = sections[i].name;

		if (dot == SIZE_MAX ? section == NULL : section &&
		    span_is(span_sub(path, 0, dot), section))
			return find_key(&sections[i], name);
	}
	return NULL;
}

bool wiring_fits(const char *key, struct span value, const char **what_r)
{
	const struct key *k = key_of_path(span_of(key));

	if (k == NULL || k->form == NULL)
		log_panic("wiring: no text has the key %s", key);
	*what_r = k->form->what;
	return k->form->ok(value);
}

/* Is it the name of a table inside the file's table? */
static bool is_section(const struct reader *r, struct span name)
{
	for (size_t i = 0; r->section->name == NULL && i < SECTIONS; i++)
		if (sections[i].name && span_is(name, sections[i].name))
			return true;
	return false;
}

/* Reads the keys of one table, in their order in the alphabet. */
static int read_section(const struct reader *r, const struct script_value *t)
{
	struct span name;

	for (size_t i = 0; ; i++) {
		struct script_value v;
		const struct key *k;

		name = script_table_key(r->script, t, i, r->arena);
		if (name.n == 0)
			return 0;
		if (is_section(r, name))
			continue;
		k = find_key(r->section, name);
		if (k == NULL)
			return unknown_key(r, name);
		v = script_table_get(r->script, t, k->name);
		if (read_key(r, k, &v) < 0)
			return -1;
	}
}

/* What every wiring says, unless it is the empty one. */
static int need_names(const struct reader *r, const struct script_value *t)
{
	const char *missing = r->w->name == NULL ? "name" :
		r->w->site == NULL ? "site" :
		r->w->nroles == 0 ? "roles" : NULL;

	if (missing == NULL ||
	    script_table_key(r->script, t, 0, r->arena).n == 0)
		return 0;
	return err_set(r->e, ERR_PERMANENT, "%s: %s: is missing", r->file,
		missing);
}

/* What is filtered and what is not cannot come in by one port. */
static int part_ports(const struct reader *r)
{
	const struct wiring_mta *m = &r->w->mta;
	struct span rest;
	uint16_t reinject, listen;

	if (!netaddr_split_port(span_of(m->reinject), &rest, &reinject))
		return 0;
	for (size_t i = 0; i < m->nlisten; i++)
		if (netaddr_split_port(span_of(m->listen[i]), &rest,
				&listen) && listen == reinject)
			return err_set(r->e, ERR_PERMANENT, "%s: mta.reinject: "
				"port %u is that of mta.listen[%zu] too: give "
				"it another", r->file, reinject, i + 1);
	return 0;
}

static int read_file(struct reader *r, const struct script_value *t)
{
	if (t->type != SCRIPT_TABLE)
		return err_set(r->e, ERR_PERMANENT, "%s: must return a table, "
			"not %s", r->file, script_type_name(t->type));
	for (size_t i = 0; i < SECTIONS; i++) {
		struct script_value inside = *t;

		r->section = &sections[i];
		if (r->section->name)
			inside = script_table_get(r->script, t,
				r->section->name);
		if (inside.type == SCRIPT_NIL)
			continue;
		if (inside.type != SCRIPT_TABLE)
			return mistyped(r, r->section->name, "a table",
				&inside);
		if (read_section(r, &inside) < 0)
			return -1;
	}
	return need_names(r, t) < 0 || part_ports(r) < 0 ? -1 : 0;
}

int wiring_parse(const char *name, struct span file, struct arena *a,
	struct wiring *w_r, struct err *e)
{
	struct script_value t;
	struct reader r = { .file = name, .arena = a, .w = w_r, .e = e };
	int result = -1;

	set_defaults(w_r, a);
	r.script = script_new(NULL, e);
	if (r.script == NULL)
		return -1;
	if (script_run(r.script, name, file, &t, e) == 0)
		result = read_file(&r, &t);
	script_free(&r.script);
	return result;
}

int wiring_load(struct arena *a, struct wiring *w_r, struct err *e)
{
	struct buf b = { .arena = a };

	if (access(ROOT_WIRING, F_OK) < 0 && errno == ENOENT)
		return err_set(e, ERR_PERMANENT, ROOT_WIRING ": no such file: "
			"`pm setup` writes it");
	if (io_slurp(ROOT_WIRING, FILE_MAX, &b, e) < 0)
		return -1;
	return wiring_parse(ROOT_WIRING, buf_bytes(&b), a, w_r, e);
}

bool wiring_has_role(const struct wiring *w, const char *name)
{
	for (size_t i = 0; i < w->nroles; i++)
		if (strcmp(w->roles[i], name) == 0)
			return true;
	return false;
}

const char *wiring_clamd(const struct wiring *w)
{
	if (w->filter.clamd && strcmp(w->filter.clamd, WIRING_OWN) == 0)
		return "unix:" WIRING_OWN_CLAMD;
	return w->filter.clamd;
}

const char *wiring_conninfo(const struct wiring *w)
{
	if (w->database)
		return w->database;
	return wiring_has_role(w, "db") ?
		"host=/proc/self/cwd/" ROOT_DB " dbname=pm" : NULL;
}

/* A Lua text literal: what parse admits needs no other escapes. */
static void put_text(struct buf *b, const char *s)
{
	buf_byte(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_byte(b, '\\');
		buf_byte(b, (unsigned char)*s);
	}
	buf_byte(b, '"');
}

static void put_list(struct buf *b, const char *const *v, size_t n)
{
	buf_string(b, "{");
	for (size_t i = 0; i < n; i++) {
		buf_string(b, i ? ", " : " ");
		put_text(b, v[i]);
	}
	buf_string(b, n ? " }" : "}");
}

static bool same_list(const char *const *v, size_t n, const char *normally)
{
	struct span rest = span_of(normally ? normally : ""), one;

	for (size_t i = 0; i < n; i++)
		if (!span_cut(&rest, ' ', &one) || !span_is(one, v[i]))
			return false;
	return rest.n == 0;
}

static bool is_default(struct wiring *w, const struct key *k)
{
	const char *v;

	switch (k->kind) {
	case NUMBER:
		return *number_of(w, k) == k->number;
	case LIST:
		return same_list(*list_of(w, k), *count_of(w, k), k->normally);
	case TEXT:
		v = *text_of(w, k);
		return v == NULL || (k->normally &&
			strcmp(v, k->normally) == 0);
	}
	return true;
}

static void put_key(struct buf *b, struct wiring *w, const struct key *k,
	const char *indent)
{
	buf_printf(b, "%s%s = ", indent, k->name);
	if (k->kind == NUMBER)
		buf_printf(b, "%llu", (unsigned long long)*number_of(w, k));
	else if (k->kind == LIST)
		put_list(b, *list_of(w, k), *count_of(w, k));
	else
		put_text(b, *text_of(w, k));
	buf_string(b, ",");
	if (k->comment)
		buf_printf(b, "\t-- %s", k->comment);
	buf_string(b, "\n");
}

/* A value that stands by itself: neither the default nor nothing. */
static bool is_told(struct wiring *w, const struct key *k, bool always)
{
	if (k->kind == TEXT && *text_of(w, k) == NULL)
		return false;
	return always || !is_default(w, k);
}

static bool is_all_default(struct wiring *w, const struct section *s)
{
	for (const struct key *k = s->keys; k->name; k++)
		if (is_told(w, k, false))
			return false;
	return true;
}

static void put_section(struct buf *b, struct wiring *w,
	const struct section *s)
{
	bool always = s->name == NULL ||
		(s->role && wiring_has_role(w, s->role));

	/* Nothing to say of a role that is not here. */
	if (!always && is_all_default(w, s))
		return;
	if (s->name)
		buf_printf(b, "\t%s = {\n", s->name);
	for (const struct key *k = s->keys; k->name; k++)
		if (is_told(w, k, always))
			put_key(b, w, k, s->name ? "\t\t" : "\t");
	if (s->name)
		buf_string(b, "\t},\n");
}

void wiring_write(const struct wiring *w, struct buf *b)
{
	struct wiring copy = *w;

	buf_string(b, "-- The wiring of this appliance: what it is and whom "
		"it knows.\n-- `pm setup` writes this file; `pm setup "
		"--check` judges it.\nreturn {\n");
	for (size_t i = 0; i < SECTIONS; i++)
		put_section(b, &copy, &sections[i]);
	buf_string(b, "}\n");
}
