/*
 * pm group: groups of addresses and domains.
 */
#include <stdio.h>
#include <string.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/json.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "store/group.h"
#include "tool/admin.h"
#include "tool/cells.h"

enum { MEMORY = 256 << 20, DEADLINE_MS = 60000, NAME_WIDTH = 20,
	PARENT_WIDTH = 16, COUNT_WIDTH = 8, ABOUT_WIDTH = 34, ANY = 1 << 20 };

struct work {
	const struct args *args;
	bool json, deep;
	const char *in, *about;
	char who[64];
	struct arena *a;
	struct db *db;
};

static struct span operand(const struct work *w, size_t i)
{
	return span_of(w->args->rest[i]);
}

/* Those behind the name. */
static struct span *members_of(const struct work *w, size_t *n_r)
{
	struct span *v = arena_array(w->a, w->args->n, sizeof(*v));

	*n_r = w->args->n - 2;
	for (size_t i = 0; i < *n_r; i++)
		v[i] = operand(w, i + 2);
	return v;
}

static void print_group(const struct mail_group *g)
{
	char count[24];

	snprintf(count, sizeof(count), "%lld", (long long)g->members);
	cells_put(g->name, NAME_WIDTH, false);
	cells_put(g->parent.n ? g->parent : SPAN("-"), PARENT_WIDTH, false);
	cells_put(span_of(count), COUNT_WIDTH, false);
	cells_put(g->about, ABOUT_WIDTH, true);
}

static void print_json(const struct mail_group *g)
{
	struct json *o = json_new_object();
	struct buf b = { 0 };

	json_put_text(o, "name", g->name);
	json_put_text(o, "parent", g->parent);
	json_put_text(o, "about", g->about);
	json_put_int(o, "members", g->members);
	json_write(o, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&o);
}

static int run_list(struct work *w, struct err *e)
{
	struct mail_group *v;
	size_t n;

	if (group_list(w->db, w->a, &v, &n, e) < 0)
		return -1;
	if (n && !w->json) {
		cells_put(SPAN("GROUP"), NAME_WIDTH, false);
		cells_put(SPAN("IN"), PARENT_WIDTH, false);
		cells_put(SPAN("MEMBERS"), COUNT_WIDTH, false);
		cells_put(SPAN("ABOUT"), ABOUT_WIDTH, true);
	}
	for (size_t i = 0; i < n; i++)
		(w->json ? print_json : print_group)(&v[i]);
	if (n == 0 && !w->json)
		puts("there is no group yet: pm group make NAME");
	return 0;
}

static int run_show(struct work *w, struct err *e)
{
	struct group_people people;

	if (group_people(w->db, operand(w, 1), w->deep, w->a, &people, e) < 0)
		return -1;
	for (size_t i = 0; i < people.n; i++)
		printf("%.*s\n", SPAN_FMT(people.members[i]));
	return 0;
}

static int run_make(struct work *w, struct err *e)
{
	return group_put(w->db, operand(w, 1), w->in, w->about, w->who, e);
}

static int run_drop(struct work *w, struct err *e)
{
	return group_drop(w->db, operand(w, 1), w->who, e);
}

static int run_add(struct work *w, struct err *e)
{
	size_t n;
	struct span *v = members_of(w, &n);

	return group_add(w->db, operand(w, 1), v, n, w->who, e);
}

static int run_remove(struct work *w, struct err *e)
{
	size_t n, gone;
	struct span *v = members_of(w, &n);

	if (group_remove(w->db, operand(w, 1), v, n, w->who, &gone, e) < 0)
		return -1;
	if (gone < n)
		printf("%zu of %zu were members\n", gone, n);
	return 0;
}

static const struct verb {
	const char *name;
	int least, most;	/* operands behind it */
	int (*run)(struct work *w, struct err *e);
	const char *usage;
} verbs[] = {
	{ "list", 0, 0, run_list, "list [--json]" },
	{ "show", 1, 1, run_show, "show GROUP [--deep]" },
	{ "make", 1, 1, run_make, "make GROUP [--in GROUP] [--about TEXT]" },
	{ "drop", 1, 1, run_drop, "drop GROUP" },
	{ "add", 2, ANY, run_add, "add GROUP MEMBER…" },
	{ "remove", 2, ANY, run_remove, "remove GROUP MEMBER…" },
};

enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

static const struct verb *find_verb(const struct args *args, struct err *e)
{
	const char *names[VERBS], *typed = args->n ? args->rest[0] : "list";
	const char *near;
	int n = args->n ? (int)args->n - 1 : 0;

	for (size_t i = 0; i < VERBS; i++) {
		names[i] = verbs[i].name;
		if (strcmp(typed, names[i]) != 0)
			continue;
		if (n >= verbs[i].least && n <= verbs[i].most)
			return &verbs[i];
		err_set(e, ERR_PERMANENT, "usage: pm group %s",
			verbs[i].usage);
		return NULL;
	}
	near = args_nearest(span_of(typed), names, VERBS);
	err_set(e, ERR_PERMANENT, "no command %s%s%s%s: `pm help group` names "
		"them", typed, near ? ": did you mean " : "",
		near ? near : "", near ? "?" : "");
	return NULL;
}

/* An option that the command does not know must not be ignored. */
static int check_options(const struct verb *v, const struct work *w,
	struct err *e)
{
	bool json = v->run == run_list, deep = v->run == run_show;
	bool put = v->run == run_make;
	const char *odd = w->json && !json ? "json" : w->deep && !deep ?
		"deep" : w->in && !put ? "in" : w->about && !put ? "about" :
		NULL;

	return odd ? err_set(e, ERR_PERMANENT, "%s has no --%s", v->name,
		odd) : 0;
}

static int open_database(struct work *w, struct err *e)
{
	const char *conninfo;
	struct wiring wiring;

	if (root_enter(w->args->root, NULL, e) < 0 ||
	    wiring_load(w->a, &wiring, e) < 0)
		return -1;
	conninfo = wiring_conninfo(&wiring);
	if (conninfo == NULL)
		return err_set(e, ERR_PERMANENT, "no database is wired here: "
			"groups are kept where one is");
	if (admin_check("groups are", "pm group …", e) < 0)
		return -1;
	w->db = db_new(conninfo, "pm_admin", DEADLINE_MS);
	return 0;
}

static int group_main(int argc, char **argv)
{
	struct work w = { 0 };
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &w.json },
		{ "deep", 0, ARGS_FLAG, &w.deep },
		{ "in", 0, ARGS_TEXT, &w.in },
		{ "about", 0, ARGS_TEXT, &w.about },
		{ 0 },
	};
	const struct verb *v;
	struct args args;
	struct err e;
	int result;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("group", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "group", NULL });
	v = find_verb(&args, &e);
	if (v == NULL || check_options(v, &w, &e) < 0)
		return err_report("group", &e);
	w.args = &args;
	w.a = arena_new("group", MEMORY);
	admin_who(w.who, sizeof(w.who));
	result = open_database(&w, &e);
	if (result == 0)
		result = v->run(&w, &e);
	db_free(&w.db);
	arena_free(&w.a);
	return result < 0 ? err_report("group", &e) : EXIT_DONE;
}

const struct applet group_applet = {
	.name = "group",
	.summary = "groups of addresses and domains: who belongs together",
	.help =
		"usage: pm group [list] [--json]\n"
		"       pm group show GROUP [--deep]\n"
		"       pm group make GROUP [--in GROUP] [--about TEXT]\n"
		"       pm group drop GROUP\n"
		"       pm group add GROUP MEMBER…\n"
		"       pm group remove GROUP MEMBER…\n"
		"\n"
		"A member is an address, a domain, or .example.org for all\n"
		"domains below that one. Groups stand in a tree: a group\n"
		"has the members of those below it, too.\n"
		"\n"
		"show    its own members, a line each; --deep: with those of\n"
		"        the groups below it\n"
		"make    makes one, or changes where it stands (--in \"\": at\n"
		"        the top) and what is said about it\n"
		"drop    ends one that has none below it\n"
		"\n"
		"Policy asks rcpt:member(\"GROUP\"), within seconds of a\n"
		"change; digests go to group:GROUP; the quarantine, the log\n"
		"and reports are searched with --group GROUP. `pm groups` is\n"
		"something else: the role of the pages for administrators\n"
		"of groups.\n"
		"\n"
		"Exit codes: 0 done; 2 wrong usage; 3 the database does not\n"
		"answer.\n",
	.main = group_main,
};
