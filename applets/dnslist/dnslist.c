/*
 * pm dnslist: DNS lists that are data (engine/dnstable.h).
 */
#include "dnslist.h"

#include <stdio.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/json.h"
#include "conf/wiring.h"
#include "engine/bundle.h"
#include "tool/dnskeys.h"

enum { MEMORY = 512 << 20 };

const struct dnstable_list *dnslist_named(const struct dnslist_site *s,
	const char *name, struct arena *a, struct err *e)
{
	const struct dnstable *t = &s->table;
	const struct dnstable_list *l = dnstable_find(t, span_of(name));
	const char **names, *near;

	if (l)
		return l;
	names = arena_array(a, t->nlists, sizeof(*names));
	for (size_t i = 0; i < t->nlists; i++)
		names[i] = arena_string(a, t->lists[i].name);
	near = args_nearest(span_of(name), names, t->nlists);
	err_set(e, ERR_PERMANENT, "there is no DNS list %s%s%s%s", name,
		near ? ": did you mean " : ": pm dnslist list names all",
		near ? near : "", near ? "?" : "");
	return NULL;
}

/* --- list, show ---------------------------------------------------------- */

static const char *state_of(const struct dnstable_list *l)
{
	if (!l->enabled)
		return "off";
	return l->asked.n == 0 ? "no key" : l->block ? "blocks" : "on";
}

static struct json *as_json(const struct dnslist_site *s,
	const struct dnstable_list *l)
{
	struct json *o = json_new_object();

	json_put_text(o, "name", l->name);
	json_put_text(o, "group", s->table.groups[l->group].name);
	json_put_string(o, "state", state_of(l));
	json_put_string(o, "kind", dnstable_kind_name(l->kind));
	json_put_text(o, "zone", l->zone);
	json_put_text(o, "about", l->about);
	json_put_text(o, "terms", l->terms);
	return o;
}

static void list_json(const struct dnslist_site *s)
{
	struct json *all = json_new_array();
	struct buf line = { 0 };

	for (size_t i = 0; i < s->table.nlists; i++)
		json_append(all, as_json(s, &s->table.lists[i]));
	json_write(all, &line);
	puts(buf_c(&line));
	buf_free(&line);
	json_free(&all);
}

static void list_all(const struct dnslist_site *s)
{
	for (size_t i = 0; i < s->table.nlists; i++) {
		const struct dnstable_list *l = &s->table.lists[i];

		printf("%-24.*s %-6s  %-6s  %.*s\n", SPAN_FMT(l->name),
			state_of(l), dnstable_kind_name(l->kind),
			SPAN_FMT(l->about));
	}
}

static void show_of(const struct dnstable_list *l)
{
	printf("asked about:");
	for (size_t i = 0; dnstable_of_name(i); i++)
		if (l->of & 1u << i)
			printf(" %s", dnstable_of_name(i));
	putchar('\n');
}

static int show(const struct dnslist_site *s, const char *name,
	struct arena *a, struct err *e)
{
	const struct dnstable_list *l = dnslist_named(s, name, a, e);
	const struct dnstable_group *g;

	if (l == NULL)
		return -1;
	g = &s->table.groups[l->group];
	printf("%.*s: %.*s\nstate: %s\nkind: %s\nzone: %.*s\n",
		SPAN_FMT(l->name), SPAN_FMT(l->about), state_of(l),
		dnstable_kind_name(l->kind), SPAN_FMT(l->zone));
	show_of(l);
	printf("group: %.*s", SPAN_FMT(g->name));
	if (g->cap)
		printf(", counts %.1f at most", g->cap / 1000.0);
	printf("\nterms of use: %.*s\n", SPAN_FMT(l->terms.n ? l->terms :
		SPAN("not known")));
	for (size_t i = 0; i < l->nhits; i++)
		printf("  %-30.*s %6.2f  %.*s\n", SPAN_FMT(l->hits[i].name),
			l->hits[i].weight / 1000.0,
			SPAN_FMT(l->hits[i].about));
	return 0;
}

/* --- the command --------------------------------------------------------- */

/* The lists of the root's draft above the shipped ones. */
static int open_site(struct dnslist_site *s, struct arena *a, struct err *e)
{
	struct bundle_settings none = { 0 };
	struct buf record = { .arena = a };
	struct bundle bundle;
	struct wiring w;
	bool drafted = access(ROOT_POLICY, F_OK) == 0;
	const char *why;

	if (access(ROOT_WIRING, F_OK) == 0) {
		if (wiring_load(a, &w, e) < 0)
			return -1;
		s->resolver = s->resolver ? s->resolver : w.resolver;
	}
	if (bundle_build(&none, drafted ? ROOT_POLICY : NULL, NULL, &record,
			e) < 0 ||
	    bundle_open(buf_bytes(&record), a, &bundle, e) < 0 ||
	    dnstable_get(bundle.dnslists, a, &s->table, e) < 0)
		return -1;
	dnstable_set_keys(&s->table, dnskeys_read(a, &why), a);
	if (why)
		fprintf(stderr, "pm dnslist: %s\n", why);
	return 0;
}

static int run(const struct args *args, struct dnslist_site *s,
	struct arena *a, struct err *e)
{
	static const char *const verbs[] = { "list", "show", "test", "ask",
		"enable", "disable", "key" };
	char **rest = args->rest + 1;
	struct span verb = span_of(args->n ? args->rest[0] : "list");
	size_t n = args->n ? args->n - 1 : 0;
	const char *near;

	if (open_site(s, a, e) < 0)
		return -1;
	if (span_is(verb, "list") && n == 0)
		return s->json ? list_json(s) : list_all(s), 0;
	if (span_is(verb, "show") && n == 1)
		return show(s, rest[0], a, e);
	if (span_is(verb, "test"))
		return dnslist_test(s, rest, n, a, e);
	if (span_is(verb, "ask") && n)
		return dnslist_ask_about(s, span_of(rest[0]), rest + 1, n - 1,
			a, e);
	if (span_is(verb, "enable") && n == 1)
		return dnslist_switch(s, rest[0], true, a, e);
	if (span_is(verb, "disable") && n == 1)
		return dnslist_switch(s, rest[0], false, a, e);
	if (span_is(verb, "key") && n == 1)
		return dnslist_write_key(s, rest[0], a, e);
	near = args_nearest(verb, verbs, sizeof(verbs) / sizeof(*verbs));
	return err_set(e, ERR_PERMANENT, "%.*s: %s%s", SPAN_FMT(verb),
		near ? "see pm help dnslist for " : "there are list, show, "
		"test, ask, enable, disable and key", near ? near : "");
}

static int dnslist_main(int argc, char **argv)
{
	struct dnslist_site s = { 0 };
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &s.json },
		{ "resolver", 0, ARGS_TEXT, &s.resolver },
		{ 0 },
	};
	struct args args;
	struct arena *a;
	struct err e;
	int result;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("dnslist", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "dnslist", NULL });
	a = arena_new("pm dnslist", MEMORY);
	result = root_enter(args.root, NULL, &e) < 0 ? -1 :
		run(&args, &s, a, &e);
	arena_free(&a);
	return result < 0 ? err_report("dnslist", &e) :
		result ? EXIT_NO : EXIT_DONE;
}

const struct applet dnslist_applet = {
	.name = "dnslist",
	.summary = "DNS lists of relays, domains and hashes",
	.help =
"usage: pm dnslist [list] [--json]\n"
"       pm dnslist show NAME\n"
"       pm dnslist test [NAME…] [--json]\n"
"       pm dnslist ask ADDRESS|DOMAIN|MAIL [NAME…]\n"
"       pm dnslist enable|disable NAME\n"
"       pm dnslist key KEY < FILE\n"
"\n"
"DNS lists know relays, domains and hashes of bad or good repute. All that\n"
"are shipped are off: nobody is asked unbidden, and each has terms of use.\n"
"\n"
"list: every list of the draft: on, off, no key, or blocks.\n"
"show: what one is asked about, what its answers count, its terms of use.\n"
"test: asks for what it must list and must not (RFC 5782); says whether it\n"
"works and how long it takes; without names those that are on. Exit code 1:\n"
"one does not work. The filter does the same every five minutes: pm status.\n"
"ask: what lists say of an address, a domain or a mail address; exit code 1:\n"
"nothing.\n"
"enable, disable: in the draft; pm policy publish puts it in force.\n"
"key: the word that a list gave the site, on standard input; kept in\n"
"etc/pm/dnslist-keys, shown nowhere; pm reload filter puts it in force.\n"
"  --resolver A:P   DNS server; default: of the wiring, the host's. Many\n"
"                   lists do not answer large public resolvers\n"
"\n"
"Lists of the site are files etc/pm/policy/dnslists/*.lua: each returns a\n"
"table. A later file may name a list again and change what it says.\n"
"\n"
"	return {\n"
"		group = \"ours\", cap = 5000, about = \"partners' lists\",\n"
"		{ \"partner\", kind = \"ip\", zone = \"bl.example.org\",\n"
"			enabled = true, about = \"what they suffer\",\n"
"			{ \"DNS_PARTNER\", 2500, \"127.0.0.2\",\n"
"				about = \"they suffer from it\" } },\n"
"		{ \"spamcop\", enabled = true, timeout = 2 },\n"
"	}\n"
"\n"
"kind: ip (of = relay, hops), domain (of = sender, from, helo, rdns, url,\n"
"mail; whole = true: the host, not the registered domain; addresses = true:\n"
"hosts that are addresses, too) or hash (of = mail, file; hash = sha1,\n"
"sha1-base32, sha256-base32). A hit has a name, a weight in thousandths (less\n"
"than 0: good repute), the answers that it stands for and what it means. Of\n"
"each number of an answer: 4, 4-7, * or &8 (that bit). refused: answers that\n"
"say the list does not serve us; these are never a score. test, clean: what\n"
"is listed and what is not, or false. \"{KEY}\" in a zone: see key. block =\n"
"true: relays on it are refused before DATA, with blocked-connections.\n"
"At most so much of a group counts as its cap says: the hit CAP_GROUP.\n",
	.main = dnslist_main,
};
