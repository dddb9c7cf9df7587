/*
 * pm list: the site's lists and maps, and its users' own parts of them.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "base/applet.h"
#include "base/root.h"

enum { MEMORY = 2000 << 20, ANY = 1 << 20 };

static const struct verb {
	const char *name;
	int least, most;	/* operands behind it */
	int (*run)(const struct list_command *c, struct err *e);
	const char *usage;
} verbs[] = {
	{ "add", 2, ANY, list_add, "add LIST ENTRY…" },
	{ "create", 1, 1, list_create, "create LIST [--type TYPE]" },
	{ "delete", 1, 1, list_delete, "delete LIST" },
	{ "describe", 1, 1, list_describe, "describe LIST [--about TEXT]" },
	{ "export", 1, 1, list_export, "export LIST" },
	{ "import", 2, 2, list_import, "import LIST FILE [--from FORMAT]" },
	{ "items", 1, 1, list_items, "items LIST [--match TEXT]" },
	{ "names", 0, 0, list_names, "names" },
	{ "remove", 2, ANY, list_remove, "remove LIST ENTRY…" },
	{ "test", 2, 2, list_test, "test LIST ADDRESS-OR-HOST" },
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static const struct verb *find_verb(const struct args *args, struct err *e)
{
	const char *names[VERBS], *typed = args->n ? args->rest[0] : "names";
	const char *near;

	for (size_t i = 0; i < VERBS; i++) {
		names[i] = verbs[i].name;
		if (strcmp(typed, verbs[i].name) == 0)
			return &verbs[i];
	}
	near = args_nearest(span_of(typed), names, VERBS);
	err_set(e, ERR_PERMANENT, "unknown verb \"%s\"%s%s%s: pm help list "
		"tells all", typed, near ? ", did you mean \"" : "",
		near ? near : "", near ? "\"?" : "");
	return NULL;
}

static int run(const struct args *args, const struct list_options *o,
	struct arena *a, struct err *e)
{
	struct list_command c = { o, args, NULL, a };
	const struct verb *v = find_verb(args, e);
	int n = args->n ? (int)args->n - 1 : 0;

	if (v == NULL)
		return -1;
	if (n < v->least || n > v->most)
		return err_set(e, ERR_PERMANENT, "usage: pm list %s",
			v->usage);
	if (n && listfile_name(args->rest[1], o->user, a, &c.name, e) < 0)
		return -1;
	/* A file to import is named from where we were called. */
	if (v->run != list_import && root_enter(args->root, NULL, e) < 0)
		return -1;
	return v->run(&c, e);
}

static int list_main(int argc, char **argv)
{
	struct list_options o = { 0 };
	const struct args_option options[] = {
		{ "user", 'u', ARGS_TEXT, &o.user },
		{ "from", 0, ARGS_TEXT, &o.from },
		{ "group", 0, ARGS_TEXT, &o.group },
		{ "type", 't', ARGS_TEXT, &o.type },
		{ "match", 'm', ARGS_TEXT, &o.match },
		{ "about", 0, ARGS_TEXT, &o.about },
		{ "json", 0, ARGS_FLAG, &o.json },
		{ "draft", 0, ARGS_FLAG, &o.draft },
		{ "dry-run", 'n', ARGS_FLAG, &o.dry_run },
		{ 0 },
	};
	struct args args;
	struct arena *a;
	struct err e;
	int code;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("list", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "list", NULL });
	a = arena_new("pm list", MEMORY);
	code = run(&args, &o, a, &e);
	arena_free(&a);
	return code < 0 ? err_report("list", &e) : code;
}

const struct applet list_applet = {
	.name = "list",
	.summary = "lists and maps: who and what the rules know",
	.help =
"usage: pm list [names] [--json]\n"
"       pm list items LIST [--match TEXT] [--json]\n"
"       pm list test LIST ADDRESS-OR-HOST\n"
"       pm list add LIST ENTRY…\n"
"       pm list remove LIST ENTRY…\n"
"       pm list import LIST FILE [--from FORMAT] [--dry-run]\n"
"       pm list export LIST\n"
"       pm list describe LIST [--about TEXT]\n"
"       pm list create LIST [--type TYPE] [--about TEXT]\n"
"       pm list delete LIST\n"
"\n"
"A list is a file in etc/pm/lists below the root; its comments and order\n"
"stay. Changes are in force at once, as a generation of their own (pm policy\n"
"log): nothing else of the draft is published. What items, test and export\n"
"say is what is in force.\n"
"\n"
"  --user ADDRESS  the part of the list that is this user's own\n"
"  --draft         the file in etc/pm/lists only: it is in force after pm\n"
"                  policy publish\n"
"  --dry-run       says what an import would do\n"
"\n"
"Types, which an entry has to fit: without one addresses, domains, hosts,\n"
"networks and globs; is, contains, matches, re, hosts, domain, mail, email,\n"
"glob, phrase, map (KEY VALUE). !ENTRY is not what ENTRY says. What is on a\n"
"list already is refused.\n"
"\n"
"test tells which entry decides; its exit code is 1 when none does. Of a map\n"
"it tells the value.\n"
"\n"
"Formats of an import; what cannot be said in the list is told with its line,\n"
"what is there already is counted. FILE - is standard input.\n"
"  pm, puremessage  one entry a line; a folder: a file for each user, named\n"
"                   by his address\n"
"  pmg              what pmgdb dump prints, of one group of people or hosts:\n"
"                   --group NAME where there are several\n"
"  mailwatch        an SQL dump (--group whitelist or blacklist, where it has\n"
"                   both) or a table (tab or comma): to, domain, from;\n"
"                   \"default\" is everybody, the others get their own part\n"
"  rspamd           a map: entry and perhaps a value, /pattern/flags\n",
	.main = list_main,
};
