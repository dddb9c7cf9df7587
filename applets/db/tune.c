#include "tune.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/json.h"
#include "base/root.h"
#include "conf/tune.h"
#include "conf/wiring.h"

enum { ARENA_LIMIT = 16 << 20, LINE_SIZE = 256 };

#define MB (1024 * 1024)

struct options {
	bool yes, check, accept, undo, json;
	long long filters;
};

/* One run of the command. */
struct tuning {
	const struct options *o;
	struct arena *a;
	struct tune_host host;
	struct tune_plan plan;
	struct tune_result result;
	const char *written;	/* the file; NULL: none */
};

bool tune_is_asked(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-')
			return strcmp(argv[i], "tune") == 0;
		i += strcmp(argv[i], "--root") == 0;
	}
	return false;
}

static unsigned long long mb(uint64_t bytes)
{
	return (unsigned long long)(bytes / MB);
}

static void show_host(const struct tuning *t)
{
	const struct tune_host *h = &t->host;

	printf("memory %llu MB", mb(h->ram));
	if (h->memory_limit && h->memory_limit < h->ram)
		printf(", limited to %llu MB", mb(h->memory_limit));
	printf(", %llu MB of it for the database%s; %u core%s; "
		"/dev/shm %llu MB; disk %llu MB, %llu MB free, %s; "
		"%llu filter%s\n", mb(t->plan.memory), h->beside_filter ?
		" (beside the mail filter)" : "", h->cores,
		h->cores == 1 ? "" : "s", mb(h->shm), mb(h->disk),
		mb(h->disk_free), h->rotating ? "turning" : "not turning",
		(unsigned long long)h->filters, h->filters == 1 ? "" : "s");
}

static void show_changes(const struct tuning *t)
{
	const struct tune_result *r = &t->result;

	for (size_t i = 0; i < r->nchanges; i++)
		printf("%s: %s → %s (%s)\n", r->changes[i].setting->name,
			r->changes[i].old, r->changes[i].setting->text,
			r->changes[i].setting->why);
	for (size_t i = 0; i < r->nown; i++)
		printf("%s: %s → %s (%s; chosen in %s:%u)\n",
			r->own[i].setting->name, r->own[i].old,
			r->own[i].setting->text, r->own[i].setting->why,
			r->own[i].file, r->own[i].line);
	if (t->plan.note)
		puts(t->plan.note);
}

static void put_change(struct json *list, const struct tune_change *c)
{
	struct json *j = json_new_object();

	json_put_string(j, "setting", c->setting->name);
	json_put_string(j, "old", c->old);
	json_put_string(j, "new", c->setting->text);
	json_put_string(j, "why", c->setting->why);
	json_put_bool(j, "restart", c->setting->restart);
	if (c->file) {
		json_put_string(j, "file", c->file);
		json_put_int(j, "line", c->line);
	}
	json_append(list, j);
}

static struct json *host_json(const struct tuning *t)
{
	const struct tune_host *h = &t->host;
	struct json *j = json_new_object();

	json_put_int(j, "memory", (int64_t)h->ram);
	json_put_int(j, "memory_limit", (int64_t)h->memory_limit);
	json_put_int(j, "memory_for_database", (int64_t)t->plan.memory);
	json_put_int(j, "cores", h->cores);
	json_put_int(j, "shm", (int64_t)h->shm);
	json_put_int(j, "disk", (int64_t)h->disk);
	json_put_int(j, "disk_free", (int64_t)h->disk_free);
	json_put_bool(j, "rotating", h->rotating);
	json_put_int(j, "filters", (int64_t)h->filters);
	json_put_int(j, "web_workers", (int64_t)h->web_workers);
	return j;
}

static void show_json(const struct tuning *t)
{
	static const char *const outcomes[] = { "same", "adjust", "outside",
		"below" };
	const struct tune_result *r = &t->result;
	struct json *j = json_new_object(), *list = json_new_array();
	const char *why = t->plan.below ? t->plan.below : t->plan.outside;
	struct buf b = { 0 };

	for (size_t i = 0; i < r->nchanges; i++)
		put_change(list, &r->changes[i]);
	for (size_t i = 0; i < r->nown; i++)
		put_change(list, &r->own[i]);
	json_put_string(j, "outcome", outcomes[r->outcome]);
	if (why)
		json_put_string(j, "why", why);
	if (t->plan.note)
		json_put_string(j, "note", t->plan.note);
	json_put(j, "host", host_json(t));
	json_put(j, "changes", list);
	if (t->written)
		json_put_string(j, "written", t->written);
	json_write(j, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&j);
}

/* What the person at the terminal says; nobody there says no. */
static bool confirm(const struct tuning *t)
{
	char line[LINE_SIZE];
	struct span word;

	if (t->o->yes || t->o->accept)
		return true;
	if (t->o->json || !isatty(STDIN_FILENO))
		return false;
	printf("Take this over? yes or no [no]: ");
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	word = span_trim(span_of(line));
	return span_is(word, "yes") || span_is(word, "y");
}

static void tell_how(bool restart)
{
	if (restart)
		puts("in force after a restart of the database: pm restart "
			"db (mail does not wait for it)");
	else
		puts("in force after a reload: pm reload db");
}

static bool needs_restart(const struct tune_result *r)
{
	bool restart = r->restart;

	for (size_t i = 0; i < r->nown; i++)
		restart |= r->own[i].setting->restart;
	return restart;
}

/* Writes what was agreed to. */
static int take_over(struct tuning *t)
{
	struct err e;

	if (tune_write(&t->host, &t->plan, &t->result, t->o->accept, t->a,
	    &e) < 0)
		return err_report("db tune", &e);
	t->written = TUNE_CONF;
	if (t->o->json) {
		show_json(t);
		return EXIT_DONE;
	}
	puts(TUNE_CONF " written; pm db tune --undo puts back what was "
		"before");
	tell_how(needs_restart(&t->result));
	return EXIT_DONE;
}

/* Advice, and how to follow it. */
static int recommend(struct tuning *t)
{
	struct err e;

	if (!t->o->check) {
		if (tune_recommend(&t->host, &t->plan, t->a, &e) < 0)
			return err_report("db tune", &e);
		t->written = TUNE_RECOMMENDED;
	}
	if (t->o->json) {
		show_json(t);
		return EXIT_NO;
	}
	printf("outside the recommended range: %s\n", t->plan.outside ?
		t->plan.outside : "somebody chose otherwise");
	if (t->written)
		puts(TUNE_RECOMMENDED " written; nothing was changed");
	puts("take it over with: pm db tune --accept");
	return EXIT_NO;
}

static int refuse(const struct tuning *t)
{
	struct err e;

	if (t->o->json)
		show_json(t);
	err_set(&e, ERR_PERMANENT, "%s; nothing was changed", t->plan.below);
	return err_report("db tune", &e);
}

static int stay(const struct tuning *t)
{
	if (t->o->json)
		show_json(t);
	else if (t->o->check)
		printf("%zu settings would change\n", t->result.nchanges);
	else
		puts("nothing was changed: say --yes to take this over");
	return EXIT_NO;
}

static int act(struct tuning *t)
{
	const struct options *o = t->o;

	if (t->result.outcome == TUNE_BELOW)
		return refuse(t);
	if (!o->json) {
		show_host(t);
		show_changes(t);
	}
	if (t->result.outcome == TUNE_SAME) {
		if (o->json)
			show_json(t);
		else
			puts("nothing to change: the settings fit this host");
		return EXIT_DONE;
	}
	if (t->result.outcome == TUNE_OUTSIDE && (o->check || !o->accept))
		return recommend(t);
	if (o->check || !confirm(t))
		return stay(t);
	return take_over(t);
}

static int undo(struct arena *a)
{
	struct err e;
	int result = tune_undo(a, &e);

	if (result < 0)
		return err_report("db tune", &e);
	if (result > 0) {
		puts("there is nothing to undo");
		return EXIT_NO;
	}
	puts(TUNE_CONF " is again what it was before the last tuning");
	tell_how(true);
	return EXIT_DONE;
}

static int tune(const struct options *o, struct arena *a)
{
	struct tuning t = { .o = o, .a = a };
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("db tune", &e);
	if (!wiring_has_role(&w, "db")) {
		err_set(&e, ERR_PERMANENT, "this appliance has no database: "
			"\"db\" is not in roles of " ROOT_WIRING);
		return err_report("db tune", &e);
	}
	if (o->undo)
		return undo(a);
	if (tune_look(&w, ".", (uint64_t)o->filters, a, &t.host, &e) < 0)
		return err_report("db tune", &e);
	tune_plan(&t.host, a, &t.plan);
	if (tune_judge(&t.plan, a, &t.result, &e) < 0)
		return err_report("db tune", &e);
	return act(&t);
}

/* Options that exclude each other, and words that mean nothing. */
static int check_words(const struct options *o, const struct args *args,
	struct err *e)
{
	if (args->n > 1)
		return err_set(e, ERR_PERMANENT, "%s: what is that? pm db "
			"tune has options only", args->rest[1]);
	if (o->undo + o->check + o->accept > 1 || (o->undo && o->json))
		return err_set(e, ERR_PERMANENT, "--check, --accept and "
			"--undo are for one at a time%s", o->json ?
			", --json is not for --undo" : "");
	return 0;
}

int tune_main(int argc, char **argv)
{
	struct options o = { 0 };
	const struct args_option options[] = {
		{ "yes", 0, ARGS_FLAG, &o.yes },
		{ "check", 0, ARGS_FLAG, &o.check },
		{ "accept", 0, ARGS_FLAG, &o.accept },
		{ "undo", 0, ARGS_FLAG, &o.undo },
		{ "json", 0, ARGS_FLAG, &o.json },
		{ "filters", 0, ARGS_NUMBER, &o.filters },
		{ 0 },
	};
	struct arena *a;
	struct args args;
	struct err e;
	int result;

	if (args_parse(argc, argv, options, &args, &e) < 0 ||
	    check_words(&o, &args, &e) < 0)
		return err_report("db tune", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "db", NULL });
	if (root_enter(args.root, NULL, &e) < 0)
		return err_report("db tune", &e);
	a = arena_new("tune", ARENA_LIMIT);
	result = tune(&o, a);
	arena_free(&a);
	return result;
}
