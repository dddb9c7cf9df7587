/*
 * pm setup: chooses the roles of this appliance, judges the plan and writes
 * it down.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/io.h"
#include "base/root.h"
#include "role/plan.h"
#include "setup.h"

enum { ARENA_LIMIT = 16 << 20, FILE_MAX = 1 << 20 };

struct options {
	const char *file;
	bool check, high_ports, users;
};

/* Roles that exist only where there are more appliances. */
static bool is_many(const struct wiring *w)
{
	return w->csm || wiring_has_role(w, "standby") ||
		wiring_has_role(w, "monitor");
}

static void tell(const struct plan_finding *f)
{
	const char *kind = !f->warning ? "error" : f->mended ? "note" :
		"warning";

	if (f->row)
		fprintf(stderr, "pm setup: %s, rule %u: %s\n", kind, f->row,
			f->text);
	else
		fprintf(stderr, "pm setup: %s: %s\n", kind, f->text);
}

/* Roles of today with data that tomorrow's plan would abandon. */
static size_t judge_removals(const struct setup *s)
{
	size_t errors = 0;

	for (size_t i = 0; s->have_now && i < s->now.nroles; i++) {
		const char *name = s->now.roles[i];
		const struct applet *a = plan_role(name);

		if (a == NULL || a->role->data == NULL ||
		    wiring_has_role(&s->plan, name))
			continue;
		fprintf(stderr, "pm setup: error: \"%s\" holds %s, which need "
			"a new home, and moving them is not in this version: "
			"keep \"%s\" in roles\n", name, a->role->data, name);
		errors++;
	}
	return errors;
}

/* Judges s->plan, prints what was found; the number of errors. */
static size_t judge(struct setup *s, size_t *warnings_r)
{
	struct plan_site site = { .many = is_many(&s->plan) };
	struct plan_finding *found;
	size_t n, errors, tuning, warnings;

	if (s->plan.csm && !wiring_has_role(&s->plan, "csm"))
		site.csm = probe_answers(s->plan.csm) ? PLAN_CSM_ANSWERS :
			PLAN_CSM_SILENT;
	errors = plan_judge(&s->plan, &site, s->a, &found, &n);
	for (size_t i = 0; i < n; i++)
		tell(&found[i]);
	tuning = tuning_judge(s, &warnings);
	*warnings_r = n - errors + warnings;
	if (s->high_ports)
		ports_raise(s->a, &s->plan);
	return errors + tuning + judge_removals(s);
}

/* Enters the root if it is there, and reads its wiring if it has one. */
static int look_at_present(struct setup *s, struct err *e)
{
	struct stat st;

	s->root_exists = stat(s->root, &st) == 0;
	if (!s->root_exists && errno != ENOENT)
		return err_errno(e, ERR_PERMANENT, "--root %s", s->root);
	if (!s->root_exists)
		return 0;
	if (root_enter(s->root, NULL, e) < 0)
		return -1;
	if (access(ROOT_WIRING, F_OK) < 0)
		return 0;
	s->have_now = true;
	return wiring_load(s->a, &s->now, e);
}

/* The plan as a file has it; the file is the caller's. */
static int plan_from_file(struct setup *s, const char *file, struct buf *text,
	struct err *e)
{
	return wiring_parse(file, buf_bytes(text), s->a, &s->plan, e);
}

static const char *errors_word(size_t n)
{
	return n == 1 ? "error" : "errors";
}

static int refuse(size_t errors)
{
	fprintf(stderr, "pm setup: %zu %s: nothing was changed\n", errors,
		errors_word(errors));
	return EXIT_NO;
}

/* What was done and how to go on. */
static void tell_done(const struct setup *s)
{
	printf("%s/" ROOT_WIRING " written: %s is", strcmp(s->root, "/") ?
		s->root : "", s->plan.name);
	for (size_t i = 0; i < s->plan.nroles; i++)
		printf(" %s", s->plan.roles[i]);
	puts("");
	for (size_t i = 0; i < s->plan.nroles; i++)
		if (!applet_is_built(plan_role(s->plan.roles[i]),
		    s->plan.roles[i]))
			printf("%s cannot be started: not in this version\n",
				s->plan.roles[i]);
	printf("start it: pm supervise%s%s\n",
		strcmp(s->root, "/") ? " --root " : "",
		strcmp(s->root, "/") ? s->root : "");
}

static int apply(struct setup *s)
{
	struct err e;

	if (apply_plan(s, &e) < 0)
		return err_report("setup", &e);
	tell_done(s);
	if (apply_first_login(s, &e) < 0)
		return err_report("setup", &e);
	return EXIT_DONE;
}

static int check_only(struct setup *s, const char *name)
{
	size_t warnings, errors = judge(s, &warnings);

	printf("%s: %zu %s, %zu warning%s\n", name, errors,
		errors_word(errors), warnings, warnings == 1 ? "" : "s");
	return errors ? EXIT_NO : EXIT_DONE;
}

/* Asks until the plan can be carried out or the person gives up. */
static int interactive(struct setup *s)
{
	struct err e;

	if (s->have_now)
		s->plan = s->now;
	else if (ask_defaults(s, &e) < 0)
		return err_report("setup", &e);
	if (s->high_ports)
		ports_raise(s->a, &s->plan);
	for (;;) {
		size_t warnings, errors;
		bool go = true;

		if (ask_plan(s, &e) < 0)
			return err_report("setup", &e);
		errors = judge(s, &warnings);
		if (ask_yes(s, errors ? "Change the answers" :
		    "Set this appliance up like this", &go, &e) < 0)
			return err_report("setup", &e);
		if (errors == 0)
			return go ? apply(s) : refuse(0);
		if (!go)
			return refuse(errors);
	}
}

static int setup_run(struct setup *s, const struct options *o,
	struct buf *text)
{
	size_t warnings, errors;
	struct err e;

	if (look_at_present(s, &e) < 0 && (o->file == NULL || !s->have_now))
		return err_report("setup", &e);
	if (o->file && plan_from_file(s, o->file, text, &e) < 0)
		return err_report("setup", &e);
	if (o->check && o->file == NULL && !s->have_now) {
		err_set(&e, ERR_PERMANENT, ROOT_WIRING " does not exist: "
			"run pm setup, or name a file with --wiring");
		return err_report("setup", &e);
	}
	if (o->check && o->file == NULL)
		s->plan = s->now;
	if (o->check)
		return check_only(s, o->file ? o->file : ROOT_WIRING);
	if (o->file == NULL)
		return interactive(s);
	errors = judge(s, &warnings);
	return errors ? refuse(errors) : apply(s);
}

/* For pm restore: they are there before what belongs to them. */
static int only_users(void)
{
	struct arena *a = arena_new("setup", ARENA_LIMIT);
	struct err e;
	int result = users_make(a, &e) < 0 ? err_report("setup", &e) :
		EXIT_DONE;

	arena_free(&a);
	return result;
}

static int setup_main(int argc, char **argv)
{
	struct options o = { 0 };
	const struct args_option options[] = {
		{ "wiring", 0, ARGS_TEXT, &o.file },
		{ "check", 0, ARGS_FLAG, &o.check },
		{ "high-ports", 0, ARGS_FLAG, &o.high_ports },
		{ "users", 0, ARGS_FLAG, &o.users },
		{ 0 },
	};
	struct setup s = { 0 };
	struct buf text = { 0 };
	struct args args;
	struct err e;
	int result;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("setup", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "setup", NULL });
	if (args.n) {
		err_set(&e, ERR_PERMANENT, "%s: what is that? a wiring file "
			"is named with --wiring FILE", args.rest[0]);
		return err_report("setup", &e);
	}
	/* Before the root is entered: the name is the caller's. */
	if (o.file && io_slurp(o.file, FILE_MAX, &text, &e) < 0)
		return err_report("setup", &e);
	if (o.users)
		return only_users();
	s.root = args.root;
	s.high_ports = o.high_ports;
	s.a = arena_new("setup", ARENA_LIMIT);
	result = setup_run(&s, &o, &text);
	arena_free(&s.a);
	buf_free(&text);
	return result;
}

const struct applet setup_applet = {
	.name = "setup",
	.summary = "chooses the roles of this appliance",
	.help =
		"usage: pm setup [--wiring FILE] [--check] [--high-ports]\n"
		"                [--root DIR]\n"
		"       pm setup --users\n"
		"\n"
		"Asks what this appliance shall be, judges the answers by the\n"
		"rules for roles (errors and warnings, with reason and\n"
		"remedy), and writes etc/pm/wiring.lua. Run again, it starts\n"
		"from what is there and changes roles in place. As root it\n"
		"creates the users of the roles. The default policy and lists\n"
		"are installed where etc/pm/policy and etc/pm/lists are\n"
		"empty; yours are never touched.\n"
		"\n"
		"  --wiring FILE  take the answers from FILE, ask nothing\n"
		"  --check        only judge FILE, or the present wiring\n"
		"  --high-ports   add 2500 to the MTA's ports below 1024 (25\n"
		"                 is 2525), and take 12526 for re-injection\n"
		"                 instead of 10026\n"
		"  --users        only make the users of the roles, as root\n"
		"\n"
		"Roles: csm (Centralized Server Manager), db (Database\n"
		"Server), standby and monitor (of a replicated database),\n"
		"enduser and groups (web interfaces), filter (Mail Filter),\n"
		"mta (Mail Transfer Agent), history (Sender History).\n"
		"\n"
		"Exit: 0 done or no errors, 1 the plan has errors and nothing\n"
		"was changed, 2 wrong usage or an unreadable file.\n",
	.main = setup_main,
};
