/*
 * pm policy publish: the draft, or a folder, becomes the next generation.
 */
#include "command.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/root.h"
#include "publish.h"

struct options {
	const char *message, *from;
	bool dry, unchecked, force;
};

struct job {
	const struct options *o;
	struct policy_site site;
	const char *policy, *lists;	/* folders */
	struct generation active, next;
	struct arena *a;
};

int publish_finish(struct generation *g, struct arena *a, struct err *e)
{
	struct publish_result r;
	struct buf b = { .arena = a };

	if (publish_generation(g, a, &r, e) < 0)
		return -1;
	publish_tell(&r, &b);
	puts(buf_c(&b));
	return r.end == PUBLISH_SILENT ? EXIT_LATER : EXIT_DONE;
}

/* The files exactly as they would be in force; -1: not to be published. */
static int check(struct job *j, struct err *e)
{
	struct bundle_sources from;
	size_t errors;
	int result;

	if (j->o->unchecked)
		return 0;
	if (j->o->dry)
		result = bundle_find_sources(j->policy, j->lists, j->a, &from,
			e);
	else
		result = published_sources(&j->next, j->a, &from, e);
	from.generation = 0;
	if (result < 0 || policy_check_sources(&j->site.settings, &from, j->a,
		    &errors, e) < 0)
		return -1;
	if (errors == 0)
		return 0;
	if (j->active.number)
		return err_set(e, ERR_PERMANENT, "nothing was published: "
			"generation %llu stays active",
			(unsigned long long)j->active.number);
	return err_set(e, ERR_PERMANENT, "nothing was published");
}

static int dry_run(const struct job *j)
{
	size_t n = generation_changes(&j->active, &j->next);

	printf("would be published: %s changed; nothing was done\n",
		publish_files(n, j->a));
	return EXIT_DONE;
}

/* Under the lock: the exit code, or -1. */
static int publish(struct job *j, struct err *e)
{
	const struct options *o = j->o;
	uint64_t number;
	int code;

	if (o->from && !o->dry && !o->force &&
	    publish_guard_draft(j->a, e) < 0)
		return -1;
	/* An active one that cannot be read is no reason not to. */
	if (generation_active(&number, e) < 0 || (number &&
	    generation_load(number, j->a, &j->active, NULL) < 0))
		j->active = (struct generation){ 0 };
	if (published_draft(j->policy, j->lists, !o->dry, j->a, &j->next,
		    e) < 0 || check(j, e) < 0)
		return -1;
	if (o->dry)
		return dry_run(j);
	if (j->active.number &&
	    generation_changes(&j->active, &j->next) == 0) {
		printf("nothing to publish: the draft is as generation %llu\n",
			(unsigned long long)j->active.number);
		return EXIT_DONE;
	}
	j->next.who = publish_who(j->a);
	j->next.message = span_of(o->message ? o->message : "");
	code = publish_finish(&j->next, j->a, e);
	if (code == EXIT_DONE && o->from &&
	    publish_write_tree(&j->next, ROOT_ETC, j->a, e) < 0)
		return -1;
	return code;
}

/* The folders: of the root, or below one that the user named. */
static int find_folders(struct job *j, struct err *e)
{
	char path[PATH_MAX];

	j->policy = ROOT_POLICY;
	j->lists = ROOT_LISTS;
	if (j->o->from == NULL)
		return 0;
	if (realpath(j->o->from, path) == NULL)
		return err_errno(e, ERR_PERMANENT, "--from %s", j->o->from);
	j->policy = arena_printf(j->a, "%s/policy", path);
	j->lists = arena_printf(j->a, "%s/lists", path);
	return 0;
}

static int run(struct job *j, const char *root, struct err *e)
{
	int lock, code;

	if (policy_read_root(root, j->a, &j->site, e) < 0 ||
	    find_folders(j, e) < 0 || root_enter(root, NULL, e) < 0)
		return -1;
	lock = generation_lock(e);
	if (lock < 0)
		return -1;
	code = publish(j, e);
	close(lock);
	return code;
}

int policy_publish_command(int argc, char **argv)
{
	struct options o = { 0 };
	const struct args_option options[] = {
		{ "message", 'm', ARGS_TEXT, &o.message },
		{ "from", 0, ARGS_TEXT, &o.from },
		{ "dry-run", 'n', ARGS_FLAG, &o.dry },
		{ "unchecked", 0, ARGS_FLAG, &o.unchecked },
		{ "force", 0, ARGS_FLAG, &o.force },
		{ 0 },
	};
	struct job j = { .o = &o };
	struct args args;
	struct err e;
	int code;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n) {
		fputs("pm policy: usage: pm policy publish [-m TEXT] [--from "
			"FOLDER] [--dry-run]\n", stderr);
		return EXIT_USAGE;
	}
	j.a = arena_new("policy", PUBLISH_ARENA);
	code = run(&j, args.root, &e);
	if (code < 0)
		code = err_report("policy", &e);
	arena_free(&j.a);
	return code;
}
